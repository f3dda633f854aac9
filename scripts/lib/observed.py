"""What is to be seen of each fault before it is undone: a fault that nobody saw did not happen."""

import dataclasses
import pathlib
import signal
import ssl
import time

from cluster import Failure

# A member that is out of reach for so long is suspect to others by then.
_NOTICED_SECONDS = 4.0
_ASK_SECONDS = 1.0
# A signal takes a moment to reach all threads.
_AT_ONCE_SECONDS = 0.5
# What a check may meet where somebody is out of reach.
_UNSEEN = (OSError, Failure, ValueError, RuntimeError, LookupError)


@dataclasses.dataclass
class Sight:
    """Something that is to be seen while a fault lasts, unless it lasts for less than `least` seconds."""

    words: str
    check: object
    key: tuple = ()
    least: float = 0.0
    begun: float = dataclasses.field(default_factory=time.monotonic)
    is_seen: bool = False

    def look(self):
        if not self.is_seen:
            try:
                self.is_seen = bool(self.check())
            except _UNSEEN:
                pass
        return self.is_seen


class Observed:
    """Looks for what faults do. `sights(step)` is called before a step is played, `add` behind it.

    Per fault there is a method of its name; it gives what is to be seen, with its state from before the fault. What has no
    key is looked for once, directly behind the fault; what has one until something undoes it.
    """

    def __init__(self, faults):
        self.faults, self.cluster, self.network = faults, faults.cluster, faults.network
        self.open = []
        self.unseen = []

    def sights(self, step):
        return getattr(self, f"_{step.fault}")(step.value)

    def add(self, sights):
        """Looks for what there is by now, or in a moment; what lasts is looked for again and again."""
        for sight in sights:
            if not sight.key:
                self._look_at_once(sight)
            elif not any(sight.key == known.key and sight.words == known.words for known in self.open):
                sight.look()
                self.open.append(sight)

    def _look_at_once(self, sight):
        end = time.monotonic() + _AT_ONCE_SECONDS
        while not sight.look():
            if time.monotonic() > end:
                self.unseen.append(sight.words)
                return
            time.sleep(0.02)

    def look(self):
        for sight in self.open:
            sight.look()

    def close(self, kinds):
        """Ends what has one of these keys, or one that begins so; what was not seen is told."""
        ending = [sight for sight in self.open if any(sight.key[:len(kind)] == kind for kind in kinds)]
        self.open = [sight for sight in self.open if sight not in ending]
        for sight in ending:
            lasted = time.monotonic() - sight.begun
            if not sight.look() and lasted >= sight.least:
                self.unseen.append(f"{sight.words}: not seen in {lasted:.1f} s")

    def close_all(self):
        self.close([()])

    # MARK: processes

    def _ended(self, entry, number):
        """Whether a process that lived is gone by a signal."""
        before = entry["pid"]
        return Sight(f"{entry['name']} ends by signal {int(number)}",
                     lambda: entry["pid"] == before and self.cluster.ended_with(entry) == -number)

    def _crash(self, number):
        return [self._ended(self.faults.node(number), signal.SIGKILL)]

    def _wipe(self, number):
        entry = self.faults.node(number)
        return [self._ended(entry, signal.SIGKILL),
                Sight(f"{entry['name']} has an empty disk", lambda: not any(pathlib.Path(entry["data_dir"]).iterdir()))]

    def _crash_agent(self, number):
        return [self._ended(self.faults.agent(number), signal.SIGKILL)]

    def _started(self, entry):
        before = entry["pid"]
        return Sight(f"{entry['name']} runs anew", lambda: entry["pid"] != before and self.cluster.is_alive(entry))

    def _restart(self, number):
        return [self._started(self.faults.node(number))]

    def _restart_agent(self, number):
        return [self._started(self.faults.agent(number))]

    def _upgrade(self, number):
        entry = self.faults.node(number)
        before = self.faults.formats.get(entry["name"])
        return [self._started(entry),
                Sight(f"{entry['name']} speaks a newer format than {before}",
                      lambda: before is not None and self.faults.format(entry) > before, ("formats", number))]

    def _pause(self, number):
        entry = self.faults.node(number)
        return [Sight(f"{entry['name']} stands still", lambda: _state(entry) == "T"),
                self._missed({entry["name"]}, ("stands", number))]

    def _resume(self, number):
        entry = self.faults.node(number)
        return [Sight(f"{entry['name']} goes on", lambda: _state(entry) not in "TZX")]

    def _join(self, number):
        return [Sight(f"node-{number + 1} runs", lambda: self.cluster.is_alive(self.faults.node(number)))]

    def _leave(self, number):
        entry = self.faults.node(number)
        return [Sight(f"{entry['name']} leaves with exit code 0", lambda: self.cluster.ended_with(entry) == 0,
                      ("leaves", number))]

    def _drain(self, number):
        return [Sight(f"cluster drain of node-{number + 1} ends with 0", lambda: self.faults.codes["drain", number] == 0)]

    def _rejoin(self, number):
        return [Sight(f"cluster rejoin of node-{number + 1} ends with 0", lambda: self.faults.codes["rejoin", number] == 0)]

    def _missed(self, names, key):
        """Whether everybody else takes somebody for suspect or dead."""
        others = [node for node in self.faults.living_nodes() if node["name"] not in names]
        return Sight(f"others find {', '.join(sorted(names))} suspect or dead",
                     lambda: all(self._misses(node) for node in others), key, _NOTICED_SECONDS)

    def _misses(self, node):
        name = "neoscope_cluster_members"
        return sum(self.cluster.metric(node, name, _ASK_SECONDS, status=status) for status in ("suspect", "dead")) > 0

    # MARK: links

    def _dropped(self, words, ways, key):
        """Whether something was dropped on one of these ways since now."""
        before = self.network.drops()

        def check():
            now = self.network.drops()
            return any(now[way] > before[way] for way in ways)

        return Sight(words, check, key)

    def _down(self, link):
        names = [self.faults.node(number)["name"] for number in link]
        return [self._dropped(f"nothing gets over the link of {' and '.join(names)}", [tuple(names), tuple(names[::-1])],
                              ("links", "flap"))]

    def _up(self, link):
        return [Sight(f"the link {link} is up", lambda: not self.faults.both(link) & self.network.cuts)]

    def _cut(self, way):
        one, other = (self.faults.node(number)["name"] for number in way)
        return [self._dropped(f"nothing gets from {one} to {other}", [(one, other)], ("links", "cut"))]

    def _split(self, groups):
        """Everybody's packets are dropped by the other side, and every node misses somebody."""
        ways = self.faults.ways_of(groups)
        nodes = {node["name"] for node in self.faults.living_nodes()}
        sights = [self._dropped(f"nothing of {name} gets to the other side", [way for way in ways if way[0] == name],
                                ("links", "split")) for name in sorted({one for one, _ in ways})
                  if name in nodes or self.cluster.role(self.cluster.entry(name)) == "agent"]
        return [*sights, Sight("every node finds somebody suspect or dead",
                               lambda: all(self._misses(node) for node in self.faults.living_nodes()), ("links", "split"),
                               _NOTICED_SECONDS)]

    def _heal(self, _):
        return [Sight("no link is cut", lambda: not self.network.cuts)]

    def _loss_per_mille(self, number):
        return [Sight(f"{number} ‰ of packets are lost", lambda: self.network.lost() > 0, ("loss",))] if number else []

    def _disorder(self, words, kind):
        before = self.network.disorder()[kind]
        return Sight(words, lambda: self.network.disorder()[kind] > before, (kind,))

    def _reordering_per_mille(self, number):
        return [self._disorder(f"{number} ‰ of pieces are overtaken", "overtaken")] if number else []

    def _delay(self, span):
        return [self._disorder(f"pieces take up to {span[1]} ms", "delayed")] if any(span) else []

    # MARK: disks and clocks

    def _heeded(self, words, entry, variable, key):
        before = self.cluster.heeded(entry, variable)
        return Sight(words, lambda: self.cluster.heeded(entry, variable) > before, key)

    def _slow_disk(self, pair):
        entry = self.faults.node(pair[0])
        return [self._heeded(f"writes of {entry['name']} are slow", entry, "SLOW_DISK", ("disk", pair[0]))]

    def _full_disk(self, number):
        entry = self.faults.node(number)
        return [Sight(f"not a byte is free on the disk of {entry['name']}", lambda: self.cluster.free_bytes(entry) == 0)]

    def _heal_disk(self, number):
        entry = self.faults.node(number)
        return [Sight(f"there is room on the disk of {entry['name']}", lambda: self.cluster.free_bytes(entry) > 0)]

    def _skew(self, pair):
        entry = self.faults.node(pair[0])
        if not pair[1]:
            return []
        return [self._heeded(f"the clock of {entry['name']} is {pair[1]} s ahead", entry, "WALL_CLOCK", ("clock", pair[0]))]

    # MARK: certificates

    def _renew(self, _):
        """Everybody's door shows another certificate than before, but for those that are away."""
        return [self._shows_another(entry) for entry in self.cluster.processes() if entry["name"] not in self.faults.away]

    def _shows_another(self, entry):
        before = shown(entry)
        return Sight(f"{entry['name']} shows another certificate", lambda: shown(entry) != before, ("certificates",))

    def _revoke(self, number):
        entry = self.faults.agent(number)
        return [Sight(f"{entry['name']} is let in nowhere", lambda: self._connections(entry) == 0, ("revoked", number))]

    def _reissue(self, number):
        entry = self.faults.agent(number)
        return [Sight(f"{entry['name']} is let in again", lambda: self._connections(entry) > 0, ("reissued", number))]

    def _connections(self, agent):
        return self.cluster.metric(agent, "neoscope_courier_connections", _ASK_SECONDS)

    # MARK: clients

    def _hot_trace(self, spans):
        number = len(self.faults.hot_traces)

        def check():
            taken = self.faults.hot_traces[number].taken()
            return taken["acknowledged"] > 0 and taken["spans"] == taken["acknowledged"] + taken["unknown"] == spans

        return [Sight(f"{spans} spans of one trace are taken", check, ("clients",))]

    def _storm(self, count):
        number = len(self.faults.storms)
        return [Sight(f"{count} agents are back", lambda: self.faults.storms[number] is not None, ("clients",))]


def _state(entry):
    """The letter by which the kernel names what a process does."""
    return pathlib.Path(f"/proc/{entry['pid']}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]


def shown(entry):
    """The certificate that a process shows at the door of its API."""
    host, port = entry["api"].split("://")[1].rsplit(":", 1)
    return ssl.get_server_certificate((host, int(port)), timeout=_ASK_SECONDS)
