"""What each fault of a scenario does to real processes."""

import os
import signal
import threading

from cluster import Failure
from hot_trace import HotTrace

# The simulation's writes take so many milliseconds; a factor slows both by as much.
_WRITE_MILLISECONDS = 3
_LEAVING_SECONDS = 60
# The signal that only tells whether a process is there.
_NOTHING = 0


class Harm:
    """A method for each fault, by its name behind a `_`.

    `failures` tells what did not happen as it was to, `notes` what else was seen; both for people.
    """

    def __init__(self, cluster, seed):
        self.cluster, self.network, self.seed = cluster, cluster.network, seed
        self.failures, self.notes = [], []
        # Processes that are not to run; of these, those that end by themselves; those that fell without a fault.
        self.away, self.leaving, self.fallen = set(), set(), set()
        self.hot_traces, self.storms, self.tasks = [], [], []
        self.codes = {}
        self.crowd = self.identifier = None

    # MARK: who there is

    def node(self, number):
        return self.cluster.facts["nodes"][number]

    def agent(self, number):
        return self.cluster.facts["agents"][number]

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def fail(self, text):
        if text not in self.failures:
            self.failures.append(text)

    def living_nodes(self):
        return [node for node in self.cluster.facts["nodes"] if node["name"] not in self.away]

    def fall(self, entry):
        """Tells once of a process that ended by itself."""
        if entry["name"] not in self.fallen:
            self.fallen.add(entry["name"])
            self.fail(f"{entry['name']} ended by itself with {self.cluster.ended_with(entry)}: {self.cluster.last_words(entry)}")

    # MARK: processes

    def _lives(self, entry):
        """Whether a process that is to fail lives; one that fell by itself is told."""
        if not self.cluster.is_alive(entry):
            self.fall(entry)
            return False
        return True

    def _kill(self, entry):
        is_alive = self._lives(entry)
        self.away.add(entry["name"])
        if is_alive:
            self.cluster.signal(entry["name"], signal.SIGKILL)

    def _start(self, entry):
        if self.cluster.is_alive(entry):
            self.fail(f"{entry['name']} ran already when it was to start")
        else:
            self.cluster.start(entry["name"])
        self.away.discard(entry["name"])
        self.fallen.discard(entry["name"])

    def _crash(self, number):
        self._kill(self.node(number))

    def _restart(self, number):
        self._start(self.node(number))

    def wait_for_end(self, entry):
        """Waits until a process that leaves has left; it is not told again, which would hurry it."""
        if entry["name"] not in self.leaving:
            return
        self.leaving.discard(entry["name"])
        try:
            self.cluster.signal(entry["name"], _NOTHING, _LEAVING_SECONDS)
        except Failure as failure:
            self.fail(f"{failure}, {_LEAVING_SECONDS} s after it was to leave")
            self.cluster.signal(entry["name"], signal.SIGKILL)
        if self.cluster.ended_with(entry) != 0:
            self.fail(f"{entry['name']} left with {self.cluster.ended_with(entry)}: {self.cluster.last_words(entry)}")

    def _wipe(self, number):
        self._kill(self.node(number))
        self.cluster.wipe(self.node(number))

    def _crash_agent(self, number):
        self._kill(self.agent(number))

    def _restart_agent(self, number):
        self._start(self.agent(number))

    def _pause(self, number):
        if self._lives(self.node(number)):
            os.kill(self.node(number)["pid"], signal.SIGSTOP)

    def _resume(self, number):
        if self._lives(self.node(number)):
            os.kill(self.node(number)["pid"], signal.SIGCONT)

    def _join(self, number):
        self.cluster.add_node(f"node-{number + 1}")

    def _leave(self, number):
        entry = self.node(number)
        is_alive = self._lives(entry)
        self.away.add(entry["name"])
        if is_alive:
            self.leaving.add(entry["name"])
            os.kill(entry["pid"], signal.SIGTERM)

    def _upgrade(self, number):
        entry = self.node(number)
        entry.pop("program", None)
        entry["settings"] = [one for one in entry.get("settings", []) if not one.startswith("cluster.format")]
        self._start(entry)

    def _drain(self, number):
        self._command("drain", number, "--timeout", "60")

    def _rejoin(self, number):
        self._command("rejoin", number)

    def _command(self, word, number, *options):
        code, text = self.cluster.ask(self.node(0), "cluster", word, self.node(number)["name"], *options)
        self.codes[word, number] = code
        if code != 0:
            self.note(f"cluster {word} ended with {code}: {text.strip()[:200]}")

    # MARK: links

    def _down(self, link):
        self.network.cut(self.both(link))

    def _up(self, link):
        self.network.mend(self.both(link))

    def both(self, link):
        """A link's two ways, by the names of their ends."""
        one, other = (self.node(number)["name"] for number in link)
        return {(one, other), (other, one)}

    def _cut(self, way):
        self.network.cut({(self.node(way[0])["name"], self.node(way[1])["name"])})

    def _split(self, groups):
        self.network.cut(self.ways_of(groups))

    def ways_of(self, groups):
        """The ways between groups; agents go with them in turn, so that there are clients on every side."""
        sides = [{self.node(number)["name"] for number in group} for group in groups]
        for number, agent in enumerate(self.cluster.facts["agents"]):
            sides[number % len(sides)].add(agent["name"])
        return {(one, other) for side in sides for one in side for far in sides if far is not side for other in far}

    def _heal(self, _):
        self.network.heal()

    def _loss_per_mille(self, number):
        self.network.lose(number)

    def _reordering_per_mille(self, number):
        self.network.reorder(number)

    def _delay(self, span):
        self.network.delay(*span)

    # MARK: disks and clocks

    def _slow_disk(self, pair):
        number, factor = pair
        self.cluster.set_number(self.node(number), "SLOW_DISK", factor * _WRITE_MILLISECONDS)

    def _full_disk(self, number):
        if self.node(number).get("has_small_disk"):
            self.cluster.fill(self.node(number))

    def _heal_disk(self, number):
        entry = self.node(number)
        if entry.get("has_small_disk"):
            self.cluster.make_room(entry)
        if "SLOW_DISK" in entry.get("environment", {}):
            self.cluster.set_number(entry, "SLOW_DISK", 0)

    def _skew(self, pair):
        number, seconds = pair
        self.cluster.set_number(self.node(number), "WALL_CLOCK", seconds)

    # MARK: certificates

    def _renew(self, _):
        for entry in self.cluster.processes():
            self.cluster.pki("renew", self.cluster.role(entry), entry["name"])
        self.cluster.pki("renew", "operator", "local")

    def _revoke(self, number):
        self.cluster.pki("revoke", "agent", self.agent(number)["name"])

    def _reissue(self, number):
        self.cluster.issue(self.agent(number))

    # MARK: clients

    def _hot_trace(self, spans):
        number = len(self.hot_traces)
        self.hot_traces.append(HotTrace(self.cluster, self.agent(0), spans, self.seed, number))

    def _storm(self, count):
        nodes, number = self.living_nodes(), len(self.storms)
        self.storms.append(None)

        def run():
            try:
                self.storms[number] = self.crowd.storm(self.identifier, nodes)
            except Exception as error:  # whatever it is, they are not back
                self.fail(f"the storm of {count} agents broke: {error!r}"[:300])
            words = f"after {self.storms[number]} s" if self.storms[number] is not None else "not at all"
            self.note(f"{count} agents were back at {len(nodes)} nodes {words}")

        self.tasks.append(threading.Thread(target=run, daemon=True))
        self.tasks[-1].start()
