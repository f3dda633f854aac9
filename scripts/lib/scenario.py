"""Scenarios of faults, as cluster/scenarios/*.yaml write them down, for real processes.

The simulator reads the same files (Sources/neoscope/Simulate); what is said there holds here: a step names one fault,
and `only` says who alone can play it.
"""

import dataclasses
import pathlib

import yaml

FOLDER = pathlib.Path(__file__).parent.parent.parent / "cluster/scenarios"
KEYS = {"nodes", "replication", "agents", "load", "quiet_at", "short_seconds", "steps", "expect"}
EXPECTED = {"lost": 0, "phantom": 0, "duplicates": 0, "totals_difference": 0, "recover_within": 30, "equal_within": 60}
# Faults that neither world or one alone can play are told apart by the file itself.
FAULTS = {
    "crash", "restart", "wipe", "pause", "resume", "join", "leave", "crash_agent", "restart_agent", "rolling_restart",
    "split", "cut", "flap", "heal", "loss_per_mille", "reordering_per_mille", "slow_disk", "full_disk", "heal_disk",
}
SIMULATED = {"duplicates_per_mille", "replicate", "rot", "rot_everywhere_per_mille", "start_skew", "lie"}
REAL = {
    "delay", "skew", "rolling_upgrade", "renew", "revoke", "reissue", "hot_trace", "storm", "drain", "rejoin",
}
OF_AGENTS = {"crash_agent", "restart_agent", "revoke", "reissue"}
OF_NODES = {
    "crash", "restart", "wipe", "pause", "resume", "join", "leave", "upgrade", "full_disk", "heal_disk", "drain", "rejoin",
}
LOAD = 1000
# A short run is over after so many seconds, with so much less of everything.
SHORT_SECONDS = 10
SHORT_LOAD = 600
SHORT_LIMITS = {"hot_trace": 10_000, "storm": 40}
SHORT_SLOWNESS = 400


class Invalid(Exception):
    """What is wrong with a file; for people."""


@dataclasses.dataclass
class Step:
    """One fault at its moment."""

    at: float
    fault: str
    value: object


@dataclasses.dataclass
class Scenario:
    """A run of faults under load."""

    name: str
    nodes: int
    replication: int
    agents: int
    load: int
    quiet_at: float
    steps: list
    expect: dict
    # Steps that only the simulation plays, for people.
    left_out: list = dataclasses.field(default_factory=list)

    def names(self, *faults):
        """The values of all steps that are such faults."""
        return [step.value for step in self.steps if step.fault in faults]

    def victims(self, *faults):
        """The nodes, or agents, that such faults name, each once."""
        values = (value[0] if isinstance(value, list) else value for value in self.names(*faults))
        return sorted(set(values))


def files():
    """Every scenario's file by its name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def read(path, is_short=False):
    """The scenario of a file; a short one goes through the same faults in a few seconds."""
    path = pathlib.Path(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Invalid(f"{path}: {error}") from error
    try:
        return _scenario(path.stem, document, is_short)
    except (Invalid, KeyError, TypeError, ValueError) as error:
        raise Invalid(f"{path}: {error!r}") from error


def _scenario(name, document, is_short):
    _check(document, KEYS)
    expect = document.get("expect") or {}
    _check(expect, set(EXPECTED))
    quiet = float(document["quiet_at"])
    pace = min(1.0, float(document.get("short_seconds", SHORT_SECONDS)) / quiet) if is_short else 1.0
    nodes = int(document["nodes"])
    steps, left_out = [], []
    for entry in document["steps"]:
        step, is_played = _step(entry)
        if is_played:
            steps += _expanded(_shortened(step) if is_short else step, nodes, pace)
        else:
            left_out.append(f"left to the simulation: {step.fault} {step.value} at {step.at:g} s")
    load = int(document.get("load", LOAD))
    scenario = Scenario(
        name=name, nodes=nodes, replication=int(document.get("replication", 2)), agents=int(document.get("agents", 2)),
        load=min(load, SHORT_LOAD) if is_short else load, quiet_at=quiet * pace,
        steps=sorted(steps, key=lambda step: step.at), expect={**EXPECTED, **expect},
        left_out=left_out,
    )
    _check_names(scenario)
    return scenario


def _check_names(scenario):
    """Every node and agent that a step names is there by then, and no step comes when it is quiet."""
    count = scenario.nodes
    for step in scenario.steps:
        named = _numbers(step)
        if step.fault == "join":
            if step.value != count:
                raise Invalid(f"the next node to join is {count}, not {step.value}")
            count += 1
        limit = scenario.agents if step.fault in OF_AGENTS else count
        if not all(0 <= number < limit for number in named):
            raise Invalid(f"{step.fault} {step.value}: numbers go from 0 to {limit - 1}")
        if step.at > scenario.quiet_at:
            raise Invalid(f"{step.fault} lies behind quiet_at")


def _numbers(step):
    """The nodes or agents that a step names."""
    if step.fault == "split":
        return [number for group in step.value for number in group]
    if step.fault in ("cut", "down", "up"):
        return step.value
    if step.fault in ("slow_disk", "skew"):
        return step.value[:1]
    return [step.value] if step.fault in OF_AGENTS | OF_NODES else []


def _check(mapping, known):
    if not isinstance(mapping, dict):
        raise Invalid(f"expected a mapping of {', '.join(sorted(known))}")
    unknown = sorted(set(mapping) - known)
    if unknown:
        raise Invalid(f"no such key: {', '.join(unknown)}")


def _step(entry):
    """The step of an entry, and whether processes play it."""
    _check(entry, FAULTS | SIMULATED | REAL | {"at", "only"})
    only = entry.get("only")
    faults = sorted(set(entry) - {"at", "only"})
    if len(faults) != 1 or only not in (None, "simulation", "processes"):
        raise Invalid(f"expected one fault beside at and only, not {entry}")
    fault = faults[0]
    wanted = "simulation" if fault in SIMULATED else "processes" if fault in REAL else only
    if only != wanted:
        raise Invalid(f"{fault} wants only: {wanted} beside it")
    return Step(float(entry["at"]), fault, entry[fault]), only != "simulation"


def _shortened(step):
    if step.fault in SHORT_LIMITS:
        return Step(step.at, step.fault, min(step.value, SHORT_LIMITS[step.fault]))
    if step.fault == "slow_disk":
        return Step(step.at, step.fault, [step.value[0], min(step.value[1], SHORT_SLOWNESS)])
    return step


def _expanded(step, nodes, pace):
    """What a step makes happen, at the pace of the run."""
    at = step.at * pace
    if step.fault == "flap":
        return _flaps(step.value, at, step.value["until"] * pace)
    if step.fault in ("rolling_restart", "rolling_upgrade"):
        gap = max(step.value * pace, 0.1)
        back = "restart" if step.fault == "rolling_restart" else "upgrade"
        return [one for node in range(nodes)
                for one in (Step(at + node * gap, "leave", node), Step(at + node * gap + gap / 4, back, node))]
    return [Step(at, step.fault, step.value)]


def _flaps(flap, begin, until):
    steps, half = [], flap["period"] / 2
    while begin < until:
        steps += [Step(begin, "down", flap["link"]), Step(min(begin + half, until), "up", flap["link"])]
        begin += 2 * half
    return steps
