"""Plays the faults of a scenario on real processes, and sees whether they happen."""

import json
import time

from cluster import say
from greeting import frame_format
from harm import Harm
from observed import Observed
from storm import Crowd

_LOOKS_EVERY = 0.5
# A step that comes later than by so much is told.
_LATE_SECONDS = 1.0
# The agent under whose name nodes are asked for their format.
_WATCHER = "watcher"
# What begins the last words of a program that traps.
_TRAPS = ("Fatal error", "Program crashed")
# What is to be seen until a step undoes it.
_UNDOES = {
    "resume": lambda number: [("stands", number)],
    "restart": lambda number: [("leaves", number)],
    "upgrade": lambda number: [("leaves", number)],
    "heal": lambda _: [("links",)],
    "loss_per_mille": lambda _: [("loss",)],
    "reordering_per_mille": lambda _: [("overtaken",)],
    "delay": lambda _: [("delayed",)],
    "slow_disk": lambda pair: [("disk", pair[0])],
    "heal_disk": lambda number: [("disk", number)],
    "skew": lambda pair: [("clock", pair[0])],
    "renew": lambda _: [("certificates",)],
    "reissue": lambda number: [("revoked", number)],
    "revoke": lambda number: [("reissued", number)],
}


class Faults(Harm):
    """Plays the steps of a scenario on a cluster, each at its moment."""

    def __init__(self, cluster, scenario, seed):
        super().__init__(cluster, seed)
        self.scenario = scenario
        self.played, self.late = [], []
        self.formats = {}
        self.observed = Observed(self)

    def prepare(self):
        """What has to be there before the load begins."""
        counts = self.scenario.names("storm")
        if counts or self.scenario.names("upgrade"):
            shown = self.cluster.command("pki", "show", "--dir", f"{self.cluster.folder}/pki", "--output", "json")
            self.identifier = json.loads(shown)["cluster"]
        if counts:
            self.crowd = Crowd(self.cluster, max(counts))
        if self.scenario.names("upgrade"):
            self.cluster.pki("issue", "agent", _WATCHER)
            self.formats = {node["name"]: self.format(node) for node in self.cluster.facts["nodes"]}

    def format(self, node):
        """The newest frame format that a node says it speaks."""
        return frame_format(self.cluster, self.identifier, _WATCHER, node)

    # MARK: playing

    def play_all(self, began):
        """Plays every step at its moment; gives the moment when the last one began."""
        last = began
        for step in self.scenario.steps:
            self.wait(began + step.at)
            last = time.monotonic()
            say(f"{last - began:5.1f} s: {step.fault} {step.value}")
            if last - began - step.at > _LATE_SECONDS:
                self.late.append(last - began - step.at)
            if last - began > self.scenario.quiet_at:
                self.fail(f"{step.fault} {step.value} came when the load was over")
            self.play(step)
        return last

    def play(self, step):
        """Does to the cluster what a step says, and looks for it."""
        self.played.append(step)
        if step.fault in ("restart", "upgrade"):
            self.wait_for_end(self.node(step.value))
        if step.fault in _UNDOES:
            self.observed.close(_UNDOES[step.fault](step.value))
        sights = self.observed.sights(step)
        self.act(step)
        self.observed.add(sights)

    def act(self, step):
        """Only the fault itself."""
        getattr(self, f"_{step.fault}")(step.value)

    def wait(self, moment):
        """Looks at everything until a moment."""
        while (left := moment - time.monotonic()) > 0:
            self.look()
            time.sleep(max(0, min(_LOOKS_EVERY, left, moment - time.monotonic())))

    def look(self):
        """Looks for what faults do, and for processes that ended by themselves."""
        self.observed.look()
        for entry in self.cluster.processes():
            if entry["name"] not in self.away and not self.cluster.is_alive(entry):
                self.fall(entry)

    def finish(self):
        """Waits for what goes on beside the steps, and for everybody who leaves; what did not happen is told."""
        for task in self.tasks:
            task.join(60)
        for hot in self.hot_traces:
            hot.finish()
        for name in sorted(self.leaving):
            self.wait_for_end(self.cluster.entry(name))
        self.observed.close_all()
        self.look()
        self.failures += [words for words in self.observed.unseen if words not in self.failures]
        missing = len(self.scenario.steps) - len(self.played)
        if missing:
            self.fail(f"{missing} steps were not played")
        if self.late:
            self.note(f"{len(self.late)} of {len(self.played)} steps came late, by up to {max(self.late):.1f} s")
        strangers = self.network.strangers()
        if strangers:
            self.note(f"{strangers} connections of unknown callers went through the proxies, and were never cut")
        for entry in self.cluster.processes():
            self._read_log(entry)

    def _read_log(self, entry):
        log = self.cluster.folder / f"{entry['name']}.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        for line in [line for line in lines if any(words in line for words in _TRAPS)][:2]:
            self.fail(f"{entry['name']} trapped: {line[:300]}")

    def end(self):
        for hot in self.hot_traces:
            hot.end()
        if self.crowd:
            self.crowd.end()
