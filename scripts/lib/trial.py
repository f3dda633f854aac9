"""One scenario on real processes: load, faults at their moments, recovery, and what is read back from every node."""

import contextlib
import pathlib
import tempfile
import time

from accounting import Load, sent_by
from balance import balance, load_failures, load_notes
from cluster import say
from faults import Faults
from faulty import FaultyCluster
from network import Namespaces, Proxied
from recovery import Watch

_SETTINGS = ["sensors.enabled=false", "storage.segment_bytes=16MiB", "threads=1"]
# What is told of a scenario that was not played, or not to its end.
_NOTHING = dict.fromkeys(["sent", "acknowledged", "unknown", "read", "lost", "phantom", "duplicates", "totals_difference",
                          "recovery_seconds", "equal_seconds"])
# Faults that only namespaces of network and mounts can do.
_ISOLATED = ("full_disk", "loss_per_mille")


class Trial:
    """A scenario that is played once."""

    def __init__(self, scenario, program, previous, seed, is_isolated, folder):
        self.scenario, self.program, self.previous, self.seed = scenario, program, previous, seed
        self.is_isolated = is_isolated
        self.folder = folder
        self.notes = []

    def run(self):
        """Plays it; gives the figures."""
        with contextlib.ExitStack() as stack:
            cluster = FaultyCluster(self.folder)
            cluster.network = self._network(cluster)
            stack.callback(cluster.network.close)
            stack.callback(cluster.kill_all)
            self._up(cluster)
            faults = Faults(cluster, self.scenario, self.seed)
            stack.callback(faults.end)
            faults.prepare()
            agents = cluster.facts["agents"]
            began, since = time.monotonic(), time.time()
            loads = [Load(cluster, agent, self.scenario.load / len(agents), self.scenario.quiet_at,
                          self.seed * 1000 + number * 100) for number, agent in enumerate(agents)]
            for load in loads:
                stack.callback(load.end)
            watch = Watch(cluster, faults.living_nodes, faults.look)
            healed = faults.play_all(began)
            watch.until(began + self.scenario.quiet_at, is_quiet=False)
            quiet = time.monotonic()
            tallies = [load.finish() for load in loads]
            faults.finish()
            recovery = self._recovery(watch, healed, faults)
            equal = watch.equal(max(healed, quiet), self.scenario.expect["equal_within"])
            if equal is None:
                faults.fail(f"owners differ: {watch.trouble}")
            elif watch.foreign:
                faults.note(f"beside the owners: {watch.foreign}")
            return self._account(cluster, faults, loads, tallies, since, recovery, equal)

    def _recovery(self, watch, healed, faults):
        """Seconds from the last step until all is well; None where it never is."""
        within = self.scenario.expect["recover_within"]
        if not watch.until(time.monotonic() + within, True, ends_when_well=True):
            faults.fail(f"not well again: {watch.trouble}")
            return None
        recovery = round(max(0.0, watch.since - healed), 1)
        if recovery > within:
            faults.fail(f"well again after {recovery} s, {within} expected")
        return recovery

    def _network(self, cluster):
        """Namespaces where they can be had and do what the scenario wants; proxies otherwise."""
        wants_proxy = bool(self.scenario.names("delay", "reordering_per_mille"))
        if self.is_isolated and not wants_proxy:
            return Namespaces()
        pids = lambda: {entry["name"]: entry["pid"] for entry in cluster.processes() if entry["pid"]}
        self.notes.append("on loopback, through proxies")
        return Proxied(self.seed, pids, cluster.free_port)

    # MARK: making the cluster

    def _up(self, cluster):
        scenario = self.scenario
        say(f"{scenario.name}: {scenario.nodes} nodes, {scenario.agents} agents, {scenario.load} spans/s, "
            f"{scenario.quiet_at:.0f} s, {cluster.network.kind}")
        cluster.prepare = lambda: self._outfit(cluster)
        cluster.up(self.program, scenario.nodes, scenario.agents, scenario.replication, _SETTINGS)

    def _outfit(self, cluster):
        """Gives processes what their faults will want, before any of them starts."""
        nodes = cluster.facts["nodes"]
        for number in self.scenario.victims("slow_disk"):
            cluster.preload(nodes[number], "SLOW_DISK", 0)
        if self.scenario.names("skew"):
            cluster.certify_long_ago()
        for number in self.scenario.victims("skew"):
            cluster.preload(nodes[number], "WALL_CLOCK", 0)
        for number in self.scenario.victims("full_disk"):
            cluster.mount_small_disk(nodes[number])
        if self.scenario.names("upgrade"):
            self._downgrade(cluster)

    def _downgrade(self, cluster):
        """All nodes and the first agent begin as the previous version."""
        if self.previous:
            setting = {"program": self.previous}
        elif any(line.strip().startswith("format:") for line in _section(cluster.command("config", "reference"))):
            setting = {"settings": ["cluster.format=1"]}
            self.notes.append("one binary that speaks the previous format at first")
        else:
            raise RuntimeError("no --previous, and the program has no cluster.format: there is nothing to upgrade")
        for entry in [*cluster.facts["nodes"], cluster.facts["agents"][0]]:
            entry.update({key: list(value) if isinstance(value, list) else value for key, value in setting.items()})

    # MARK: telling

    def _account(self, cluster, faults, loads, tallies, since, recovery, equal):
        scenario, nodes = self.scenario, faults.living_nodes()
        traces = sent_by([*loads, *faults.hot_traces])
        say(f"{scenario.name}: reading {len(traces):,} traces from {len(nodes)} nodes")
        result = balance(cluster, nodes, traces, scenario.expect, since, bool(scenario.names("crash_agent")))
        faults.look()
        failures = [*faults.failures, *load_failures(loads, tallies), *result.failures]
        notes = [*self.notes, *scenario.left_out, *faults.notes, *load_notes(tallies)]
        return {"name": scenario.name, **result.figures, "recovery_seconds": recovery, "equal_seconds": equal,
                "holds": not failures, "skipped": False, "failures": failures, "notes": notes}


def _section(text):
    """The lines of the configuration's reference that are about the cluster."""
    lines, is_inside = [], False
    for line in text.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            is_inside = line.startswith("cluster:")
        elif is_inside:
            lines.append(line)
    return lines


def play(scenario, program, previous, seed, is_isolated, place=None):
    """Plays a scenario in a folder of its own; what breaks the trial itself is told, and does not hold."""
    wanting = [] if is_isolated else sorted({step.fault for step in scenario.steps if step.fault in _ISOLATED})
    if wanting:
        return _untold(scenario, None, [], [f"skipped: there is no {', '.join(wanting)} without namespaces"])
    # A short path, for the sockets in the data directories.
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=place, ignore_cleanup_errors=True) as folder:
        path = pathlib.Path(folder) / "c"
        trial = Trial(scenario, program, previous, seed, is_isolated, path)
        try:
            return trial.run()
        except Exception as error:  # whatever it is, the other scenarios are played
            logs = [line for log in sorted(path.glob("node-*.log"))
                    for line in log.read_text(errors="replace").splitlines()[-1:]]
            return _untold(scenario, False, [f"the trial broke: {error!r}"[:600], *logs[:3]], trial.notes)


def _untold(scenario, holds, failures, notes):
    """What is told of a scenario without figures; one that was skipped neither holds nor does not."""
    return {"name": scenario.name, **_NOTHING, "holds": holds, "skipped": holds is None, "failures": failures,
            "notes": notes}
