"""That every node gives the same answer, to the byte, also while one is gone: run by scripts/prove.

    PROGRAM=… python3 scripts/lib/prove_answers.py [--seconds S] [--rate R]

Three nodes are loaded by two agents, whose hosts are sampled too. Once it is quiet, reports and metrics of a period that
is over are asked of every node; then each node in turn is killed with kill -9, and the others are asked again. Prints one
JSON object, with progress on standard error; exits 1 where a byte differs outside the key `answered_by`, or where an
answer is not as it was with all nodes but for the name of the one that is missing.
"""

import contextlib
import hashlib
import json
import re
import signal
import time

from accounting import Load, refusals, sent_by, totals, wait_for_spools
from cluster import say
from prove_cluster import prove, running

# The last window is final everywhere by then: its length, what may come late, and a round of gossip.
_QUIET_SECONDS = 40
_WINDOW_SECONDS = 10
# Who comes back is asked by everybody again once its links are up.
_SETTLED_SECONDS_MAX = 20
_QUESTIONS = {
    "report": ["report"],
    "spans": ["metrics", "query", "traces.span.duration"],
    "spans by service and operation": ["metrics", "query", "traces.span.duration", "--by", "service.name,span.name"],
    "spans by operation, in steps": ["metrics", "query", "traces.span.duration", "--by", "span.name", "--step", "10s"],
    "CPU by host": ["metrics", "query", "system.cpu.utilization", "--by", "host.id"],
    "sessions": ["metrics", "query", "neoscope.sessions"],
}
_ANSWERED_BY = re.compile(r',\s*"answered_by"\s*:\s*\{[^{}]*\}')


def answers(cluster, period):
    """What each living node answers to each question, without who answered."""
    living = [node for node in cluster.facts["nodes"] if cluster.is_alive(node)]
    result = {}
    for name, question in _QUESTIONS.items():
        result[name] = {}
        for node in living:
            text = cluster.command(*question, *period, *cluster.as_operator(node), "--output", "json")
            rest, count = _ANSWERED_BY.subn("", text)
            if count != 1 or json.loads(text)["answered_by"]["host_id"] != node["name"]:
                raise RuntimeError(f"{node['name']} does not say once that it answered: {text[:300]}")
            result[name][node["name"]] = rest
    return result


def compared(asked, calm, missing=()):
    """Which questions were answered otherwise by another node, or otherwise than before; the sizes and digests."""
    rows = {}
    for name, texts in asked.items():
        values = list(texts.values())
        known = [values[0]]
        for node in missing:
            known = [text.replace(f'"missing_nodes":["{node}"]', '"missing_nodes":[]') for text in known]
        rows[name] = {
            "bytes": len(values[0]), "sha256": hashlib.sha256(values[0].encode()).hexdigest()[:16], "nodes": len(values),
            "equal": len(set(values)) == 1, "as_before": known == [next(iter(calm[name].values()))],
        }
    return rows


def settled(cluster, period, calm, missing=()):
    """Asks until all is as it must be, or until there was time enough; gives what came last, and the seconds."""
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        rows = compared(answers(cluster, period), calm, missing)
        if all(row["equal"] and row["as_before"] for row in rows.values()) or asked - began > _SETTLED_SECONDS_MAX:
            return {"settled_after_seconds": round(asked - began, 1), "questions": rows}
        time.sleep(0.5)


def ask_without(cluster, name, period, calm):
    """Kills a node with kill -9 and compares what the others answer; the node comes back afterwards."""
    others = len(cluster.facts["nodes"]) - 1
    say(f"kill -9 {name}")
    cluster.signal(name, signal.SIGKILL)
    cluster.wait_for_members(others)
    result = settled(cluster, period, calm, [name])
    cluster.start(name)
    cluster.wait_for_members(others + 1)
    return result


def run(seconds, rate):
    """Loads, asks, kills and asks again; gives the figures."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(running())
        agents, nodes = cluster.facts["agents"], [node["name"] for node in cluster.facts["nodes"]]
        begin = time.time()
        say(f"{rate:,.0f} spans/s for {seconds:.0f} s through {len(agents)} agents")
        loads = [Load(cluster, agent, rate / len(agents), seconds, 1000 + number) for number, agent in enumerate(agents)]
        for load in loads:
            stack.callback(load.end)
        tallies = [load.finish() for load in loads]
        end = time.time()
        wait_for_spools(cluster)
        say(f"quiet for {_QUIET_SECONDS} s")
        time.sleep(_QUIET_SECONDS)
        whole = [int(begin // _WINDOW_SECONDS) * _WINDOW_SECONDS, int(end // _WINDOW_SECONDS + 1) * _WINDOW_SECONDS]
        period = ["--from", str(whole[0]), "--to", str(whole[1])]
        calm = answers(cluster, period)
        asked = {"all living": {"settled_after_seconds": 0.0, "questions": compared(calm, calm)}}
        asked |= {f"without {name}": ask_without(cluster, name, period, calm) for name in nodes}
        asked["all back"] = settled(cluster, period, calm)
        sent = totals(sent_by(loads))
        counted = json.loads(next(iter(calm["spans"].values())))
        count = sum(point["count"] for series in counted["series"] for point in series["points"])
        rows = [row for answer in asked.values() for row in answer["questions"].values()]
        return {
            "load_seconds": seconds, **sent, "counted": count, "refused": refusals(tallies), "asked": asked,
            "holds": sent["acknowledged"] > 0 and count == sent["acknowledged"]
            and all(row["equal"] and row["as_before"] for row in rows),
        }


if __name__ == "__main__":
    prove(__doc__, run, rate=2000)
