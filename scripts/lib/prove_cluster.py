"""What a cluster promises, shown on real processes that are killed: run by scripts/prove.

    PROGRAM=… python3 scripts/lib/prove_cluster.py nodes|agents [--seconds S] [--kills K] [--rate R] [--seed N]

Prints one JSON object, with progress on standard error; exits 1 where a promise is broken. PROGRAM names the binary.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from accounting import Load, check_all, is_broken, refusals, sent_by, totals, wait_for_spools  # noqa: E402
from cluster import Cluster, say  # noqa: E402


@contextlib.contextmanager
def running(folder=None, **options):
    """A cluster in this folder, or in one that is gone afterwards; its processes are ended."""
    # Whoever ends this script ends its processes too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="neoscope-prove-") as place:
        # A short path, for the sockets in the data directories.
        cluster = Cluster.make(folder or f"{place}/c", os.environ["PROGRAM"], **options)
        try:
            yield cluster
        finally:
            # It ends within a minute, and leaves nobody behind where it is not interrupted.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            cluster.down()


def prove(words, run, rate):
    """A script that proves by `run(seconds, rate)`: prints what it gives, and exits 1 where that does not hold."""
    parser = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="of load")
    parser.add_argument("--rate", type=float, default=rate, help="spans per second over both agents")
    arguments = parser.parse_args()
    report = run(arguments.seconds, arguments.rate)
    print(json.dumps(report, indent=2))
    sys.exit(0 if report["holds"] else 1)


def kill_some(cluster, names, kills, seconds, source):
    """kill -9 of one of these at random times, each started again a moment later."""
    began = time.monotonic()
    moments = sorted(source.uniform(1, seconds - 4) for _ in range(kills))
    for moment in moments:
        time.sleep(max(0, began + moment - time.monotonic()))
        name = source.choice(names)
        say(f"{time.monotonic() - began:5.1f} s: kill -9 {name}")
        cluster.signal(name, signal.SIGKILL)
        time.sleep(source.uniform(0.2, 1.5))
        cluster.start(name)


def run(kind, seconds, kills, rate, seed, folder):
    """Loads the agents while processes are killed; gives the figures."""
    source = random.Random(seed)
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(running(folder, settings=["storage.segment_bytes=16MiB"]))
        agents = cluster.facts["agents"]
        say(f"{rate:,.0f} spans/s for {seconds:.0f} s through {len(agents)} agents")
        loads = [Load(cluster, agent, rate / len(agents), seconds, seed * 1000 + number * 100)
                 for number, agent in enumerate(agents)]
        for load in loads:
            stack.callback(load.end)
        victims = cluster.facts["nodes"] if kind == "nodes" else agents
        kill_some(cluster, [entry["name"] for entry in victims], kills, seconds, source)
        tallies = [load.finish() for load in loads]
        drained = wait_for_spools(cluster)
        cluster.wait_for_members(len(cluster.facts["nodes"]))
        traces = sent_by(loads)
        say(f"reading {len(traces):,} traces from every node")
        results = check_all(cluster, traces)
        refused, counts = refusals(tallies), totals(traces)
        broken = is_broken(results) or counts["acknowledged"] == 0 or (kind == "nodes" and bool(refused))
        return {
            "killed": kind, "kills": kills, "seed": seed, "load_seconds": seconds, **counts,
            "sent_per_second": round(counts["sent"] / seconds), "refused": refused,
            "spools_empty_after_seconds": drained, "latency_ms": [tally["latency_ms"] for tally in tallies],
            "nodes": results, "broken": broken,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["nodes", "agents"], help="what is killed")
    parser.add_argument("--seconds", type=float, default=60, help="of load, at least 6")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20000, help="spans per second over all agents")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the victims")
    parser.add_argument("--folder", help="keeps the cluster's files here")
    arguments = parser.parse_args()
    if arguments.seconds < 6:
        parser.error("expected at least 6 seconds")
    report = run(arguments.kind, arguments.seconds, arguments.kills, arguments.rate, arguments.seed, arguments.folder)
    print(json.dumps(report, indent=2))
    sys.exit(1 if report["broken"] else 0)


if __name__ == "__main__":
    main()
