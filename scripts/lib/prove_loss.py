"""That copies are made again without help when a node is lost for good: run by scripts/prove.

    PROGRAM=… python3 scripts/lib/prove_loss.py [--seconds S] [--rate R]

Four nodes, two copies of everything. Under load one is killed with kill -9 and never comes back; once the load is over
and `cluster verify` is clean, a second one is. What was acknowledged is then read from each of the two that are left.
Prints one JSON object, with progress on standard error; exits 1 where something is missing.
"""

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import time

from accounting import Load, is_broken, read_all, refusals, sent_by, totals, wait_for_spools
from cluster import Failure, say
from counted import totals_difference
from prove_cluster import running
from recovery import unverified

_NODES = 4
_VERIFIED_SECONDS_MAX = 120


def ask(cluster, node):
    """What `cluster verify`, the youngest minutes included, ends with and says."""
    run = subprocess.run([cluster.facts["program"], "cluster", "verify", "--young", *cluster.as_operator(node), "--output",
                          "json"], capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout


def wait_for_copies(cluster, node, living):
    """Seconds until `cluster verify` finds so many nodes whole and equal."""
    began, trouble = time.monotonic(), "nothing"
    while time.monotonic() - began < _VERIFIED_SECONDS_MAX:
        code, text = ask(cluster, node)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="of load")
    parser.add_argument("--rate", type=float, default=1000, help="spans per second over both agents")
    arguments = parser.parse_args()
    report = run(arguments.seconds, arguments.rate)
    print(json.dumps(report, indent=2))
    sys.exit(0 if report["holds"] else 1)


if __name__ == "__main__":
    main()
