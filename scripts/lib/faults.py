"""What each fault of a scenario does to real processes."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

from storm import Crowd

# The simulation's writes take so many milliseconds; a factor slows both by as much.
_WRITE_MILLISECONDS = 3
_LEAVING_SECONDS = 60
# The signal that only tells whether a process is there.
_NOTHING = 0


class HotTrace:
    """The sender of one trace of very many spans, beside an agent; it is accounted for as a load is."""

    def __init__(self, cluster, agent, spans, seed):
        self.report = cluster.folder / "hot-trace.jsonl"
        script = str(pathlib.Path(__file__).with_name("hot_trace.py"))
        self.process = subprocess.Popen(
            [*agent.get("prefix", []), sys.executable, script, agent["otlp_http"], str(spans), str(self.report), str(seed)])

    def finish(self):
        if self.process.wait(120) != 0:
            raise RuntimeError("the sender of the hot trace failed")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Faults:
    """Plays the steps of a scenario on a cluster; `notes` tells what could not be done, and what was seen."""

    def __init__(self, cluster, scenario, seed):
        self.cluster, self.scenario, self.seed = cluster, scenario, seed
        self.network = cluster.network
        self.notes = []
        self.hot_traces = []
        self.away = set()
        self.crowd = None
        self.tasks = []

    def prepare(self):
        """What has to be there before the load begins."""
        counts = self.scenario.names("storm")
        if counts:
            self.crowd = Crowd(self.cluster, max(counts))

    def play(self, step):
        getattr(self, f"_{step.fault}")(step.value)

    def end(self):
        for hot in self.hot_traces:
            hot.end()
        if self.crowd:
            self.crowd.end()

    def finish(self):
        """Waits for what goes on beside the steps."""
        for task in self.tasks:
            task.join(60)
        for hot in self.hot_traces:
            hot.finish()

    def node(self, number):
        return self.cluster.facts["nodes"][number]

    def agent(self, number):
        return self.cluster.facts["agents"][number]

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def living_nodes(self):
        return [node for node in self.cluster.facts["nodes"] if node["name"] not in self.away]

    # MARK: processes

    def _kill(self, entry):
        self.away.add(entry["name"])
        self.cluster.signal(entry["name"], signal.SIGKILL)

    def _start(self, entry):
        if not self.cluster.is_alive(entry):
            self.cluster.start(entry["name"])
        self.away.discard(entry["name"])

    def _crash(self, number):
        self._kill(self.node(number))

    def _restart(self, number):
        self._wait_for_end(self.node(number))
        self._start(self.node(number))

    def _wait_for_end(self, entry):
        """Waits until a process that leaves has left; it is not told again, which would hurry it."""
        if entry["name"] in self.away:
            self.cluster.signal(entry["name"], _NOTHING, _LEAVING_SECONDS)

    def _wipe(self, number):
        self._kill(self.node(number))
        self.cluster.wipe(self.node(number))

    def _crash_agent(self, number):
        self._kill(self.agent(number))

    def _restart_agent(self, number):
        self._start(self.agent(number))

    def _pause(self, number):
        os.kill(self.node(number)["pid"], signal.SIGSTOP)

    def _resume(self, number):
        os.kill(self.node(number)["pid"], signal.SIGCONT)

    def _join(self, number):
        self.cluster.add_node(f"node-{number + 1}")

    def _leave(self, number):
        entry = self.node(number)
        self.away.add(entry["name"])
        os.kill(entry["pid"], signal.SIGTERM)

    def _upgrade(self, number):
        entry = self.node(number)
        self._wait_for_end(entry)
        entry.pop("program", None)
        entry["settings"] = [one for one in entry.get("settings", []) if not one.startswith("cluster.format")]
        self._start(entry)

    def _drain(self, number):
        self._command("drain", number)

    def _rejoin(self, number):
        self._command("rejoin", number)

    def _command(self, word, number):
        if not self.cluster.has_command("cluster", word):
            self.note(f"the program has no cluster {word}: left out")
            return
        code, text = self.cluster.ask(self.node(0), "cluster", word, self.node(number)["name"])
        if code != 0:
            self.note(f"cluster {word} ended with {code}: {text.strip()[:200]}")

    # MARK: links

    def _down(self, link):
        self.network.cut(self._both(link))

    def _up(self, link):
        self.network.mend(self._both(link))

    def _both(self, link):
        one, other = (self.node(number)["name"] for number in link)
        return {(one, other), (other, one)}

    def _cut(self, way):
        self.network.cut({(self.node(way[0])["name"], self.node(way[1])["name"])})

    def _split(self, groups):
        """Agents go with the groups in turn, so that there are clients on every side."""
        sides = [{self.node(number)["name"] for number in group} for group in groups]
        for number, agent in enumerate(self.cluster.facts["agents"]):
            sides[number % len(sides)].add(agent["name"])
        self.network.cut({(one, other) for side in sides for one in side
                          for far in sides if far is not side for other in far})

    def _heal(self, _):
        self.network.heal()

    def _loss_per_mille(self, number):
        if not self.network.lose(number):
            self.note(f"no packets can be lost without network namespaces: loss of {number} ‰ left out")

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
        self.hot_traces.append(HotTrace(self.cluster, self.agent(0), spans, self.seed))

    def _storm(self, count):
        nodes = self.living_nodes()
        identifier = json.loads(
            self.cluster.command("pki", "show", "--dir", f"{self.cluster.folder}/pki", "--output", "json"))["cluster"]

        def run():
            seconds = self.crowd.storm(identifier, nodes)
            words = f"after {seconds} s" if seconds is not None else "not at all"
            self.note(f"{count} agents were back at {len(nodes)} nodes {words}")

        self.tasks.append(threading.Thread(target=run))
        self.tasks[-1].start()
