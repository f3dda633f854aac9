"""That copies are made again without help when a node is lost for good: run by scripts/prove.

    PROGRAM=… python3 scripts/lib/prove_loss.py [--seconds S] [--rate R]

Four nodes, two copies of everything. Under load one is killed with kill -9 and never comes back; once the load is over
and `cluster verify` is clean, a second one is. What was acknowledged is then read from each of the two that are left.
Prints one JSON object, with progress on standard error; exits 1 where something is missing.
"""

import contextlib
import json
import signal
import time

from accounting import Load, is_broken, read_all, refusals, sent_by, totals, wait_for_spools
from cluster import Failure, say
from counted import totals_difference
from prove_cluster import prove, running
from recovery import unverified

_NODES = 4
_VERIFIED_SECONDS_MAX = 120


def wait_for_copies(cluster, node, living):
    """Seconds until `cluster verify` finds so many nodes whole and equal."""
    began, trouble = time.monotonic(), "nothing"
    while time.monotonic() - began < _VERIFIED_SECONDS_MAX:
        code, text = cluster.ask(node, "cluster", "verify", "--young", "--output", "json")
        found = unverified(code, text, living >= cluster.facts["replication"])
        if not found:
            say(f"verified after {time.monotonic() - began:.1f} s with {living} nodes")
            return round(time.monotonic() - began, 1), json.loads(text)
        if found != trouble:
            trouble = found
            say(trouble)
        time.sleep(0.3)
    raise Failure(f"cluster verify is not clean after {_VERIFIED_SECONDS_MAX} s: {trouble}")


def run(seconds, rate):
    """Loads while a node is lost, verifies, loses another, and reads; gives the figures."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(running(nodes=_NODES, settings=["storage.segment_bytes=16MiB"]))
        agents, nodes = cluster.facts["agents"], cluster.facts["nodes"]
        loads = [Load(cluster, agent, rate / len(agents), seconds, 1000 + number) for number, agent in enumerate(agents)]
        for load in loads:
            stack.callback(load.end)
        time.sleep(seconds / 2)
        say(f"kill -9 {nodes[1]['name']}, for good")
        cluster.signal(nodes[1]["name"], signal.SIGKILL)
        tallies = [load.finish() for load in loads]
        wait_for_spools(cluster)
        verified, answer = wait_for_copies(cluster, nodes[0], _NODES - 1)
        say(f"kill -9 {nodes[2]['name']}, for good")
        cluster.signal(nodes[2]["name"], signal.SIGKILL)
        cluster.wait_for_members(_NODES - 2)
        left = [nodes[0], nodes[3]]
        traces = sent_by(loads)
        read = read_all(cluster, traces, left)
        results = {name: result for name, (result, _) in read.items()}
        sent = totals(traces)
        operations = {name: stored for name, (_, stored) in read.items()}
        apart, _, words = totals_difference(cluster, left, operations, sent)
        again, _ = wait_for_copies(cluster, nodes[0], _NODES - 2)
        return {
            "load_seconds": seconds, **sent, "refused": refusals(tallies), "verified_after_seconds": verified,
            "verified_again_after_seconds": again, "partitions": answer["partitions"], "totals_difference": apart,
            "notes": words, "nodes": results, "holds": sent["acknowledged"] > 0 and not is_broken(results) and not apart,
        }


if __name__ == "__main__":
    prove(__doc__, run, rate=1000)
