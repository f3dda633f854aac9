"""One scenario on real processes: load, faults at their moments, recovery, and what is read back from every node."""

import contextlib
import pathlib
import tempfile
import time

from accounting import Load, read_all, refusals, sent_by, totals
from cluster import say
from faults import Faults
from faulty import FaultyCluster
from network import Namespaces, Proxied
from recovery import Watch, totals_difference

_SETTINGS = ["sensors.enabled=false", "storage.segment_bytes=16MiB", "threads=1"]


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
            seconds = self.scenario.quiet_at
            began = time.monotonic()
            loads = [Load(cluster, agent, self.scenario.load / len(agents), seconds, self.seed * 1000 + number * 100)
                     for number, agent in enumerate(agents)]
            for load in loads:
                stack.callback(load.end)
            watch, healed = self._play(cluster, faults, began)
            quiet = time.monotonic()
            tallies = [load.finish() for load in loads]
            faults.finish()
            is_well = watch.until(time.monotonic() + self.scenario.expect["recover_within"], True, ends_when_well=True)
            equal = watch.equal(max(healed, quiet), self.scenario.expect["equal_within"])
            return self._account(cluster, faults, watch, healed, is_well, equal, loads, tallies)

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
            if self.is_isolated:
                cluster.mount_small_disk(nodes[number])
            else:
                self.notes.append("no disk can be filled without a mount namespace: left out")
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
            setting = {}
            self.notes.append("no --previous, and the program has no cluster.format: one version all along")
        for entry in [*cluster.facts["nodes"], cluster.facts["agents"][0]]:
            entry.update({key: list(value) if isinstance(value, list) else value for key, value in setting.items()})

    # MARK: playing

    def _play(self, cluster, faults, began):
        """Plays all steps, and watches until the load is over; gives the watch, and when the last step began."""
        watch = Watch(cluster, faults.living_nodes)
        healed = began
        for step in self.scenario.steps:
            time.sleep(max(0, began + step.at - time.monotonic()))
            say(f"{time.monotonic() - began:5.1f} s: {step.fault} {step.value}")
            healed = time.monotonic()
            faults.play(step)
        watch.until(began + self.scenario.quiet_at, is_quiet=False)
        return watch, healed

    def _account(self, cluster, faults, watch, healed, is_well, equal, loads, tallies):
        scenario = self.scenario
        gone = [entry["name"] for entry in cluster.processes()
                if entry["name"] not in faults.away and not cluster.is_alive(entry)]
        traces = sent_by([*loads, *faults.hot_traces])
        nodes = faults.living_nodes()
        say(f"{scenario.name}: reading {len(traces):,} traces from {len(nodes)} nodes")
        answers = read_all(cluster, traces, nodes)
        results = {name: result for name, (result, _) in answers.items()}
        sent = totals(traces)
        operations = next(iter(answers.values()))[1]
        apart, by_node = totals_difference(cluster, nodes, operations, sent)
        worst = {key: max(result[key] for result in results.values())
                 for key in ("lost", "phantom", "duplicates", "unread")}
        recovery = round(max(0.0, watch.since - healed), 1) if is_well else None
        notes = [*self.notes, *faults.notes]
        notes += [] if is_well else [f"not well again: {watch.trouble}"]
        notes += [] if equal is not None or not watch.has_verify else [f"owners differ: {watch.trouble}"]
        notes += [f"{name} ended by itself" for name in gone]
        notes += [f"{worst['unread']} traces could not be read"] if worst["unread"] else []
        notes += [f"refused: {refusals(tallies)}"] if refusals(tallies) else []
        notes += [f"metrics of {name} differ by {count}" for name, count in by_node.items() if count]
        notes += [example for result in results.values() for example in result["examples"]][:3]
        expect = scenario.expect
        holds = (is_well and not gone and sent["acknowledged"] > 0 and not worst["unread"]
                 and all(worst[key] <= expect[key] for key in ("lost", "phantom", "duplicates"))
                 and apart <= expect["totals_difference"] and recovery <= expect["recover_within"]
                 and (equal is not None or not watch.has_verify))
        return {
            "name": scenario.name, **sent, "read": min(result["read"] for result in results.values()),
            "lost": worst["lost"], "phantom": worst["phantom"], "duplicates": worst["duplicates"],
            "totals_difference": apart, "recovery_seconds": recovery, "equal_seconds": equal, "holds": bool(holds), "notes": notes,
        }


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
    # A short path, for the sockets in the data directories.
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=place, ignore_cleanup_errors=True) as folder:
        path = pathlib.Path(folder) / "c"
        trial = Trial(scenario, program, previous, seed, is_isolated, path)
        try:
            return trial.run()
        except Exception as error:  # whatever it is, the other scenarios are played
            logs = [line for log in sorted(path.glob("node-*.log"))
                    for line in log.read_text(errors="replace").splitlines()[-1:]]
            return {
                "name": scenario.name, "sent": 0, "acknowledged": 0, "unknown": 0, "read": 0, "lost": 0, "phantom": 0,
                "duplicates": 0, "totals_difference": 0, "recovery_seconds": None, "equal_seconds": None, "holds": False,
                "notes": [*trial.notes, f"the trial broke: {error!r}"[:600], *logs[:3]],
            }
