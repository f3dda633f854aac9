"""When a cluster is well again, and whether its metrics say what its clients sent."""

import collections
import json
import time
import urllib.parse

from cluster import Failure, say

_ASKED_EVERY = 0.3
# Frames on their way in an agent's spool while load goes on.
_ON_THE_WAY = 8
_TOTALS_SECONDS = 20
_DAY = 86_400


class Watch:
    """Asks all processes whether they are well; remembers since when they are."""

    def __init__(self, cluster, living_nodes):
        self.cluster, self.living_nodes = cluster, living_nodes
        self.has_verify = cluster.has_command("cluster", "verify")
        self.since = None
        self.trouble = "nobody was asked"

    def look(self, is_quiet):
        """Asks once, and tells whether all is well; under load a few frames may be on their way.

        Where it is quiet they may not be, but that they were does not count as time to recover.
        """
        asked, before = time.monotonic(), self.trouble
        self.trouble, waiting = None, 0
        try:
            self.trouble, waiting = self._trouble()
        except (OSError, Failure, ValueError, RuntimeError) as error:
            self.trouble = str(error)[:200]
        if self.trouble:
            self.since = None
            if self.trouble != before:
                say(self.trouble)
        elif self.since is None:
            self.since = asked
        if is_quiet and waiting and not self.trouble:
            self.trouble = f"{waiting:.0f} frames wait though it is quiet"
        return self.trouble is None

    def until(self, moment, is_quiet, ends_when_well=False):
        """Looks again and again until a moment, or until all is well."""
        while True:
            is_well = self.look(is_quiet)
            if is_well and ends_when_well or time.monotonic() >= moment:
                return is_well
            time.sleep(min(_ASKED_EVERY, max(0, moment - time.monotonic())))

    def _trouble(self):
        """What is wrong, if anything, and how many frames are owed or held."""
        nodes, waiting = self.living_nodes(), 0
        for node in nodes:
            readings = self._readings(node)
            alive = readings['neoscope_cluster_members{status="alive"}']
            suspect = readings['neoscope_cluster_members{status="suspect"}']
            if alive != len(nodes) or suspect:
                return f"{node['name']} sees {alive:.0f} of {len(nodes)} nodes alive, {suspect:.0f} suspect", 0
            owed = readings["neoscope_cluster_owed_frames"]
            if owed > _ON_THE_WAY:
                return f"{node['name']} owes frames", owed
            waiting += owed
        for agent in self.cluster.facts["agents"]:
            held = self._readings(agent)["neoscope_spool_frames"]
            if held > _ON_THE_WAY:
                return f"{agent['name']} holds frames", held
            waiting += held
        return None, waiting

    def equal(self, since, seconds):
        """Seconds from a moment until all owners hold the same, the youngest minutes too; None where they never do."""
        if not self.has_verify:
            return None
        while True:
            asked = time.monotonic()
            trouble = self._unverified(self.living_nodes()[0])
            if not trouble:
                return round(max(0.0, asked - since), 1)
            if trouble != self.trouble:
                say(trouble)
            self.trouble = trouble
            if time.monotonic() - since >= seconds:
                return None
            time.sleep(_ASKED_EVERY)

    def _unverified(self, node):
        code, text = self.cluster.ask(node, "cluster", "verify", "--young", "--output", "json")
        try:
            answer = json.loads(text)
        except ValueError:
            return f"cluster verify ended with {code}: {text.strip()[:150]}"
        if answer["status"] == "clean":
            return None
        return f"cluster verify: {answer['status']}, {answer['unequal_partitions']} partitions, missing {answer['missing_nodes']}"

    def _readings(self, entry):
        status, body = self.cluster.get(entry, "/metrics", timeout=3)
        if status != 200:
            raise Failure(f"{entry['name']} answered {status}")
        lines = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line.startswith("neoscope_"))
        return {name: float(value) for name, value in lines}


def totals_of(cluster, node):
    """Spans counted by a node's aggregates, per service and operation; what nodes are missing from the answer."""
    now = time.time()
    query = urllib.parse.urlencode({"name": "traces.span.duration", "by": "service.name,span.name",
                                    "from": int(now - _DAY), "to": int(now + _DAY)})
    status, body = cluster.get(node, f"/api/v1/metrics?{query}", timeout=20)
    if status != 200:
        raise Failure(f"{node['name']} answered {status}: {body[:200]!r}")
    answer = json.loads(body)
    counts = collections.Counter()
    for series in answer["series"]:
        labels = series["labels"]
        counts[labels.get("service.name", ""), labels.get("span.name", "")] += sum(
            point["count"] for point in series["points"])
    return counts, answer["missing_nodes"]


def difference(counts, operations, sent):
    """By how much metrics differ from what clients sent, and per operation from what is stored.

    Exact where every answer is known; else by so many spans more or less as the unanswered ones allow.
    """
    total = sum(counts.values())
    outside = max(0, sent["acknowledged"] - total, total - sent["acknowledged"] - sent["unknown"])
    apart = sum(abs(counts[key] - operations[key]) for key in set(counts) | set(operations))
    return max(outside, apart - sent["unknown"])


def totals_difference(cluster, nodes, operations, sent):
    """The largest difference of any node, once it is the least; what comes late has some seconds.

    An answer that lacks one of these nodes tells nothing; it may lack those that are gone.
    """
    living = {node["name"] for node in nodes}
    end = time.monotonic() + _TOTALS_SECONDS
    while True:
        differences = {}
        for node in nodes:
            counts, missing = totals_of(cluster, node)
            differences[node["name"]] = difference(counts, operations, sent) if not living & set(missing) else sent["sent"]
        if not any(differences.values()) or time.monotonic() > end:
            return max(differences.values()), differences
        time.sleep(1)
