"""That what scripts/chaos judges by is seen failing: faults that do not happen, and accounts that do not close."""

import collections
import json
import os
import pathlib
import subprocess
import sys
import time
import types

from checks import expect, expect_that, run
from node import PROGRAM, folder

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts/lib"))
import counted  # noqa: E402
from accounting import totals  # noqa: E402
from balance import balance, load_failures  # noqa: E402
from counted import difference, totals_difference  # noqa: E402
from recovery import unverified  # noqa: E402
from stub_nodes import StubNode, serving  # noqa: E402

EXPECTED = dict.fromkeys(["lost", "phantom", "duplicates", "totals_difference"], 0)
COUNTS = ["sent", "acknowledged", "unknown", "read", *EXPECTED]
STORED = {f"{number:032x}": [("shop", "buy"), ("shop", "pay"), ("bank", "book")] for number in range(20)}
FIRST, SECOND = sorted(STORED)[:2]
MUTED = """
nodes: 3
quiet_at: 9
steps:
  - {at: 1, slow_disk: [0, 300]}
  - {at: 1, crash: 1}
  - {at: 2, heal_disk: 0}
  - {at: 2, restart: 1}
  - {at: 3, pause: 2}
  - {at: 3, hot_trace: 2000, only: processes}
  - {at: 4, resume: 2}
  - {at: 4, cut: [0, 2]}
  - {at: 5, heal: true}
  - {at: 5, leave: 1}
  - {at: 6, restart: 1}
  - {at: 6, renew: true, only: processes}
  - {at: 6, revoke: 1, only: processes}
  - {at: 7, skew: [2, 3600], only: processes}
  - {at: 8, skew: [2, 0], only: processes}
"""
# What is to be seen of each of these faults.
SIGHTS = ["writes of node-1 are slow", "node-2 ends by signal 9", "node-2 runs anew", "node-3 stands still",
          "2000 spans of one trace", "nothing gets from node-1 to node-3", "node-2 leaves with exit code 0",
          "node-1 shows another certificate", "agent-2 is let in nowhere", "the clock of node-3 is 3600 s ahead"]


def muted():
    """A scenario whose faults do not happen does not hold, and each of them is told."""
    with folder() as place:
        path = f"{place}/muted.yaml"
        pathlib.Path(path).write_text(MUTED, encoding="utf-8")
        played = subprocess.run(
            [_python(), pathlib.Path(__file__).with_name("muted_chaos.py"), path, "--output", "json"],
            capture_output=True, text=True, timeout=150, env={**os.environ, "PROGRAM": PROGRAM}, check=False)
    (one,) = json.loads(played.stdout)["scenarios"] if played.stdout else [{"failures": [played.stderr[-1500:]]}]
    expect("nothing happened, and it does not hold", (played.returncode, one.get("holds")), (1, False))
    for words in SIGHTS:
        expect_that(f"it is told: {words}", any(words in failure for failure in one["failures"]), one["failures"])
    expect("all else is well", {key: one.get(key) for key in EXPECTED}, EXPECTED)


def _python():
    """One that reads YAML, as scripts/chaos looks for it."""
    return next(one for one in ("python3", "/usr/bin/python3")
                if subprocess.run([one, "-c", "import yaml"], stderr=subprocess.DEVNULL, check=False).returncode == 0)


def judged(place, change=lambda *_: None, sent=None, may_be_unknown=False):
    """What a balance finds wrong of two nodes that are changed beforehand."""
    nodes = [StubNode(STORED), StubNode(STORED)]
    change(*nodes)
    traces = {trace: [len(spans), len(spans), 0] for trace, spans in STORED.items()} | (sent or {})
    with serving(place, *nodes) as cluster:
        return balance(cluster, cluster.facts["nodes"], traces, EXPECTED, time.time(), may_be_unknown)


def accounts():
    """Every account that does not close is told, whichever node it is of."""
    counted._SETTLED_SECONDS, counted._LATE_SECONDS, counted._ASKED_EVERY = 0.5, 0.3, 0.1
    with folder() as place:
        well = judged(place)
        expect("what is there is there", (well.figures, well.failures),
               ({"sent": 60, "acknowledged": 60, "unknown": 0, "read": 60, **EXPECTED}, []))
        for words, key, figure, change in _faults_of_nodes():
            found = judged(place, change)
            expect_that(f"{words}: it does not hold", found.failures, found)
            if key:
                expect(f"{words}: {key}", found.figures[key], figure)
        found = judged(place, sent={FIRST: [3, 2, 1]})
        expect_that("an answer that nobody heard, though nobody died", found.failures == ["1 spans had no answer, "
                    "though no agent died"], found)
        expect("and where somebody did", judged(place, sent={FIRST: [3, 2, 1]}, may_be_unknown=True).failures, [])
        expect("a metric that counts twice late", _late(place), 3)
    expect_that("nothing sent", "nothing was acknowledged" in _empty(), _empty())


def _faults_of_nodes():
    """Words, the figure that tells, what it is, and what is done to the two nodes."""
    less = lambda _, node: node.stored[FIRST].pop()
    more = lambda _, node: node.stored[FIRST].append(("bank", "book"))
    yield "a span less on one node", "lost", 1, less
    yield "a trace less on one node", "lost", 3, lambda _, node: node.stored.pop(FIRST)
    yield "a span more on one node", "phantom", 1, more
    yield "a span twice", "duplicates", 1, lambda _, node: node.duplicates.update([FIRST])
    yield "a metric one more on one node", "totals_difference", 1, lambda _, node: node.counted.update([("shop", "buy")])
    yield "a metric one less on one node", "totals_difference", 1, lambda _, node: node.counted.subtract([("shop", "buy")])
    yield "a metric under another operation on both", "totals_difference", 2, lambda *nodes: [
        node.counted.update({("shop", "buy"): 1, ("shop", "pay"): -1}) for node in nodes]
    yield "metrics that lack a node", "totals_difference", 60, lambda node, _: node.missing.append("node-2")
    yield "a status of 500", None, None, lambda _, node: node.refused.add(SECOND)
    yield "a trace that nobody sent", "phantom", 7, lambda _, node: node.unlisted.update({"f" * 32: 7})
    yield "traces that are not all listed", None, None, lambda node, _: setattr(node, "is_complete", False)


def _late(place):
    """The difference where a node counts three spans again when it is asked a second time."""
    nodes = [StubNode(STORED), StubNode(STORED)]
    nodes[1].late = (2, collections.Counter({("bank", "book"): 3}))
    operations = dict.fromkeys(["node-1", "node-2"], nodes[0].counted)
    with serving(place, *nodes) as cluster:
        return totals_difference(cluster, cluster.facts["nodes"], operations, totals({FIRST: [60, 60, 0]}))[0]


def _empty():
    with folder() as place, serving(place, StubNode({})) as cluster:
        return balance(cluster, cluster.facts["nodes"], {"0" * 32: [3, 0, 0]}, EXPECTED, time.time(), False).failures


def words():
    """Differences, verifications and loads are judged by what they say."""
    stored = {("shop", "buy"): 1000}
    sent = {"sent": 1000, "acknowledged": 750, "unknown": 250}
    expect("unknown answers leave no room between metrics and what is stored",
           difference(collections.Counter({("shop", "buy"): 760}), collections.Counter(stored), sent), 240)
    answer = {"status": "clean", "unequal_partitions": 0, "thin_partitions": 0, "missing_nodes": [], "foreign": []}
    tell = lambda code=0, enough=True, **other: unverified(code, json.dumps(answer | other), enough)
    expect("clean is clean", tell(), None)
    expect("thin is none where few live", tell(thin_partitions=3, enough=False), None)
    for name, told in {"undelivered": tell(status="undelivered"), "thin": tell(thin_partitions=3), "code": tell(1),
                       "no answer": unverified(1, "refused", True)}.items():
        expect_that(f"not verified: {name}", told, told)
    with folder() as place:
        report = pathlib.Path(place, "load-1.jsonl")
        report.write_text(json.dumps({"trace_id": FIRST, "spans": 60, "acknowledged": 60, "unknown": 0}) + "\n")
        judge = lambda accepted, rate: load_failures([types.SimpleNamespace(report=report, rate=rate, seconds=10)],
                                                     [{"accepted": {"spans": accepted}}])
        expect("a load that did what it was asked", judge(60, 6), [])
        expect_that("a load whose tally says other than its report", judge(61, 6), judge(61, 6))
        expect_that("a load that did less than half", judge(60, 13), judge(60, 13))


def ends():
    """A trial that breaks has no figures; what cannot be played is skipped, or refused."""
    broken, one = _played("node-crash", "--short", program="/bin/false")
    expect("a trial that broke: exit code", broken.returncode, 1)
    expect("it has no figures", [one[key] for key in COUNTS], [None] * len(COUNTS))
    expect_that("it does not hold", one["holds"] is False and one["failures"], one)
    skipped, one = _played("full-disk", "--short", "--loopback")
    expect("what needs namespaces is skipped: exit code", skipped.returncode, 0)
    expect_that("it is told", one["skipped"] and one["holds"] is None and one["notes"], one)
    told, _ = _played("bit-rot")
    expect("a scenario without steps for processes: exit code", told.returncode, 2)
    expect_that("it is told", "bit-rot has no step for processes" in told.stderr, told.stderr)


def _played(*arguments, program=PROGRAM):
    played = subprocess.run([ROOT / "scripts/chaos", *arguments, "--output", "json", "--program", program],
                            capture_output=True, text=True, timeout=60, check=False)
    return played, json.loads(played.stdout)["scenarios"][0] if played.stdout else None


if __name__ == "__main__":
    run({"muted": muted, "accounts": accounts, "words": words, "ends": ends})
