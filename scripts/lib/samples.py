"""Memory, file descriptors, threads, disk and lag of a cluster's processes over time, and whether they are flat."""

import collections
import json
import os
import pathlib
import statistics
import threading
import time

from cluster import Failure

MINUTE = 60
EVERY = 5.0
# Of each minute, when its fault is over and its process has settled.
_CALM_FROM = 45
# Frames that are on their way under load do not lag.
_ON_THE_WAY = 8
# The first frames, indexes and connections are made meanwhile.
_WARM_UP_SHARE = 0.3
_WARM_UP_MINUTES_MAX = 3
# Of the samples that a run has time for, so many are there at least.
_SAMPLES_LEAST = 0.9

# Of the start, and MiB beyond it: allocators keep what one more segment wanted. Of ten minutes four lie between the
# two, so that a leak of 2 % a minute of 100 MiB is seen.
_MEMORY_GROWTH = 1.05
_MEMORY_SLACK = 2
_MEMORY = (f"at the end at most 5 % and {_MEMORY_SLACK} MiB more than at the start",
           lambda s, m, e, slope: e <= _MEMORY_GROWTH * s + _MEMORY_SLACK)

# Per figure: what it is, how its bound is said, and whether (start, middle, end, slope a minute) keeps it.
BOUNDS = {
    "memory of collectors, MiB": _MEMORY,
    "memory of agents, MiB": _MEMORY,
    # Segments aside: there are more of these with every minute, until they are merged.
    "descriptors of collectors": ("at the end at most 4 more than in the middle", lambda s, m, e, slope: e <= m + 4),
    "descriptors of agents": ("at the end at most 4 more than in the middle", lambda s, m, e, slope: e <= m + 4),
    "open files a segment": ("at the end at most a tenth and a half more than in the middle",
                             lambda s, m, e, slope: e <= 1.1 * m + 0.5),
    "threads of collectors": ("at the end at most 4 more than in the middle", lambda s, m, e, slope: e <= m + 4),
    "threads of agents": ("at the end at most 4 more than in the middle", lambda s, m, e, slope: e <= m + 4),
    "disk, bytes a span": ("at the end at most a tenth more than in the middle", lambda s, m, e, slope: e <= 1.1 * m),
    "oldest frame in a spool, s": ("at the end at most 10 s", lambda s, m, e, slope: e <= 10),
    "index behind, s": ("at the end at most 10 s", lambda s, m, e, slope: e <= 10),
}


class Sampler:
    """Samples every process each five seconds; what does not answer in time is left out of that sample.

    `broken` has the samples that could not be taken at all, by what was wrong.
    """

    def __init__(self, cluster, loads):
        self.cluster, self.loads = cluster, loads
        self.samples = []
        self.broken = collections.Counter()
        self.began = time.monotonic()
        self.emptied = {}
        self.reports = {load.report: [0, 0] for load in loads}
        self.ended = threading.Event()

    def run(self, seconds):
        moment = 0.0
        while moment < seconds and not self.ended.wait(max(0, self.began + moment - time.monotonic())):
            try:
                self.samples.append((moment, self._sample()))
            except Exception as error:  # whatever it is, the next sample is taken
                self.broken[repr(error)[:200]] += 1
            moment += EVERY

    def end(self):
        self.ended.set()

    def failures(self, seconds):
        """What does not hold of the samples of a run: there is a share of them at least."""
        wanted = _SAMPLES_LEAST * seconds / EVERY
        told = f"{len(self.samples)} samples were taken, {wanted:.0f} are wanted; {dict(self.broken)}"
        return [told] if len(self.samples) < wanted else []

    def _sample(self):
        figures = {}
        nodes, agents = self.cluster.facts["nodes"], self.cluster.facts["agents"]
        for kind, entries in (("collectors", nodes), ("agents", agents)):
            processes = [process(entry) for entry in entries if self.cluster.is_alive(entry)]
            for key in ("memory", "descriptors", "threads"):
                name = f"{key} of {kind}" + (", MiB" if key == "memory" else "")
                figures[name] = max((one[key] for one in processes if one), default=None)
            if kind == "collectors":
                figures["open files a segment"] = max((one["files"] for one in processes if one), default=None)
        spans = self._acknowledged()
        figures["disk, bytes a span"] = sum(disk(node["data_dir"]) for node in nodes) / spans if spans else None
        figures["oldest frame in a spool, s"] = max((self._age(agent) for agent in agents), default=None)
        figures["index behind, s"] = self._behind(nodes)
        return figures

    def _acknowledged(self):
        """Spans that clients know to be taken, by what loads wrote down since the last time."""
        for report, known in self.reports.items():
            if not report.exists():
                continue
            with open(report, encoding="utf-8") as file:
                file.seek(known[0])
                text = file.read()
            whole = text[:text.rfind("\n") + 1]
            known[0] += len(whole.encode())
            known[1] += sum(json.loads(line)["acknowledged"] for line in whole.splitlines())
        return sum(spans for _, spans in self.reports.values())

    def _age(self, agent):
        """The most seconds that a frame has been in an agent's spool: since few were in it."""
        now = time.monotonic()
        self.emptied.setdefault(agent["name"], now)
        try:
            if self.cluster.metric(agent, "neoscope_spool_frames") <= _ON_THE_WAY:
                self.emptied[agent["name"]] = now
        except (OSError, ValueError, Failure):
            pass
        return now - self.emptied[agent["name"]]

    def _behind(self, nodes):
        """The most seconds that a node's index is behind its log, as the first one tells that answers."""
        for node in nodes:
            try:
                status, body = self.cluster.get(node, "/api/v1/cluster/members", timeout=3)
            except (OSError, ValueError):
                continue
            if status == 200:
                members = json.loads(body)["members"]
                return max((member["figures"]["store"]["unindexed_seconds"] for member in members if member["figures"]),
                           default=None)
        return None


def process(entry):
    """Resident MiB, threads, descriptors, and open files a stored segment; None for a process that is gone."""
    place, segments = pathlib.Path(f"/proc/{entry['pid']}"), pathlib.Path(entry["data_dir"], "segments")
    try:
        status = (place / "status").read_text(encoding="utf-8")
        words = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
        opened = [target(path) for path in (place / "fd").iterdir()]
        files = sum(path.startswith(f"{segments}/") for path in opened)
        count = max(1, len(list(segments.glob("*.seg"))))
        return {"memory": int(words["VmRSS"]) / 1024, "threads": int(words["Threads"]),
                "descriptors": len(opened) - files, "files": files / count}
    except (OSError, KeyError):
        return None


def target(path):
    """What a descriptor is open for; nothing for one that was closed meanwhile."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def disk(folder):
    """Bytes that a folder has on its disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                continue
    return total


def verdict(samples, minutes):
    """Per figure: medians of its start, middle and end, and of each minute, its slope, and whether it keeps its bound.

    Calm samples count, behind the warm-up; of a run of a minute or two, what there is.
    """
    warm = min(_WARM_UP_SHARE * minutes, _WARM_UP_MINUTES_MAX) * MINUTE
    late = [sample for sample in samples if sample[0] >= warm] or samples
    calm = [sample for sample in late if sample[0] % MINUTE >= _CALM_FROM] or late
    rows = []
    for figure, (bound, keeps) in BOUNDS.items():
        line = [(moment, figures[figure]) for moment, figures in calm if figures[figure] is not None]
        parts = [_median(line, place) for place in (0, 1, 2)]
        slope = _slope(line) * MINUTE
        is_told = all(part is not None for part in parts)
        rows.append({
            "figure": figure, "start": parts[0], "middle": parts[1], "end": parts[2], "slope_per_minute": slope,
            "by_minute": _by_minute(line), "bound": bound, "flat": is_told and keeps(*parts, slope),
        })
    return rows


def _by_minute(line):
    """The median of each minute of a line, with the minute."""
    minutes = sorted({int(moment // MINUTE) for moment, _ in line})
    return [[minute, round(statistics.median(value for moment, value in line if moment // MINUTE == minute), 1)]
            for minute in minutes]


def _median(line, part):
    """The median of the first, middle or last third of a line."""
    third = max(1, len(line) // 3)
    start = (0, (len(line) - third) // 2, len(line) - third)[part]
    values = [value for _, value in line[start:start + third]]
    return statistics.median(values) if values else None


def _slope(line):
    """By least squares, per second."""
    if len({moment for moment, _ in line}) < 2:
        return 0.0
    return statistics.linear_regression([moment for moment, _ in line], [value for _, value in line]).slope
