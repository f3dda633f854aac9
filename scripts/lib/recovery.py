"""When a cluster is well again."""

import json
import time

from cluster import Failure, say

_ASKED_EVERY = 0.3
# Frames on their way in an agent's spool while load goes on.
_ON_THE_WAY = 8


class Watch:
    """Asks all processes whether they are well; remembers since when they are. `beside` is called each time."""

    def __init__(self, cluster, living_nodes, beside=lambda: None):
        self.cluster, self.living_nodes, self.beside = cluster, living_nodes, beside
        self.since = None
        self.trouble = "nobody was asked"
        self.foreign = None

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
            self.beside()
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
        trouble = unverified(code, text, len(self.living_nodes()) >= self.cluster.facts["replication"])
        self.foreign = None if trouble else foreign_in(json.loads(text))
        return trouble

    def _readings(self, entry):
        status, body = self.cluster.get(entry, "/metrics", timeout=3)
        if status != 200:
            raise Failure(f"{entry['name']} answered {status}")
        lines = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line.startswith("neoscope_"))
        return {name: float(value) for name, value in lines}


def unverified(code, text, has_enough):
    """What `cluster verify` finds wrong, in words; None where all owners hold the same, and nobody else what they lack.

    Where enough nodes live, every partition has as many owners as there are to be copies. What others hold and the owners
    have too is no fault: it is given away within minutes.
    """
    try:
        answer = json.loads(text)
    except ValueError:
        return f"cluster verify ended with {code}: {text.strip()[:150]}"
    thin = answer["thin_partitions"] if has_enough else 0
    if code == 0 and answer["status"] == "clean" and not thin:
        return None
    return (f"cluster verify: {answer['status']}, {answer['unequal_partitions']} partitions, {thin} thin, "
            f"missing {answer['missing_nodes']}, foreign {foreign_in(answer) or 'none'}{_differing_in(answer)}")


def foreign_in(answer):
    """Which nodes hold chunks of others' partitions, for people."""
    return ", ".join(f"{one['chunks']} chunks at {one['node']}" for one in answer["foreign"])


def _differing_in(answer, count=2):
    """The first hours or minutes of which owners differ, for people."""
    held = lambda one: ", ".join(f"{owner['chunks']} at {owner['node']}" for owner in one["owners"])
    return "".join(f"; {one['partition']} from {one['from']}: {held(one)}" for one in answer.get("differing", [])[:count])
