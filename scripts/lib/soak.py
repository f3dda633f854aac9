"""A long run under steady load with a fault each minute: run by scripts/soak.

    PROGRAM=… python3 scripts/lib/soak.py [--minutes M] [--rate R] [--seed N] [--output table|json]

Every five seconds it samples memory, file descriptors, threads, disk and lag of three collectors and two agents. The
figures of a minute are those of its calm part, when its fault is over. Prints one table, and whether everything is flat.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import isolation  # noqa: E402
from accounting import Load, read_all, sent_by, totals  # noqa: E402
from balance import judged, load_failures, load_notes  # noqa: E402
from cluster import Failure, say  # noqa: E402
from counted import totals_difference  # noqa: E402
from faults import Faults  # noqa: E402
from faulty import FaultyCluster  # noqa: E402
from network import Namespaces, Proxied  # noqa: E402
from recovery import Watch  # noqa: E402
from samples import MINUTE, Sampler, verdict  # noqa: E402
from scenario import Scenario, Step  # noqa: E402

_NODES, _AGENTS = 3, 2
_SETTINGS = ["sensors.enabled=false", "storage.segment_bytes=16MiB", "storage.segment_age=1m", "threads=1"]
# Of each minute; the calm part comes behind it.
_FAULT_SECONDS = (5, 30)
# Read back from every node; all would take longer than the run.
_READ_TRACES_MAX = 3000
_RECOVERY_SECONDS = 60
_EXPECTED = dict.fromkeys(["lost", "phantom", "duplicates"], 0)


def spell(source):
    """A fault, and what ends it."""
    node, agent = source.randrange(_NODES), source.randrange(_AGENTS)
    others = [other for other in range(_NODES) if other != node]
    return source.choice([
        [("crash", node), ("restart", node)], [("pause", node), ("resume", node)],
        [("leave", node), ("restart", node)], [("crash_agent", agent), ("restart_agent", agent)],
        [("split", [[node], others]), ("heal", True)], [("cut", [node, others[0]]), ("heal", True)],
    ])


def programme(seed, minutes):
    """A fault each minute, drawn from a seed; the last minute is calm."""
    source, steps = random.Random(f"soak/{seed}"), []
    for minute in range(max(1, round(minutes) - 1)):
        begin = minute * MINUTE + _FAULT_SECONDS[0]
        (fault, value), (undone, other) = spell(source)
        length = source.uniform(3, _FAULT_SECONDS[1] - _FAULT_SECONDS[0])
        steps += [Step(begin, fault, value), Step(begin + length, undone, other)]
    return steps


def run(options, is_isolated, folder):
    seconds = options.minutes * MINUTE
    scenario = Scenario("soak", _NODES, 2, _AGENTS, options.rate, seconds, programme(options.seed, options.minutes), {})
    with contextlib.ExitStack() as stack:
        cluster = FaultyCluster(f"{folder}/c")
        pids = lambda: {entry["name"]: entry["pid"] for entry in cluster.processes() if entry["pid"]}
        cluster.network = Namespaces() if is_isolated else Proxied(options.seed, pids, cluster.free_port)
        stack.callback(cluster.network.close)
        stack.callback(cluster.kill_all)
        say(f"{_NODES} collectors, {_AGENTS} agents, {options.rate} spans/s for {options.minutes:g} minutes")
        cluster.up(os.environ["PROGRAM"], _NODES, _AGENTS, 2, _SETTINGS)
        faults = Faults(cluster, scenario, options.seed)
        stack.callback(faults.end)
        loads = [Load(cluster, agent, options.rate / _AGENTS, seconds, options.seed * 1000 + number * 100)
                 for number, agent in enumerate(cluster.facts["agents"])]
        for load in loads:
            stack.callback(load.end)
        sampler = Sampler(cluster, loads)
        sampling = threading.Thread(target=sampler.run, args=(seconds,))
        sampling.start()
        stack.callback(sampler.end)
        faults.play_all(sampler.began)
        faults.wait(sampler.began + seconds)
        tallies = [load.finish() for load in loads]
        sampling.join(30)
        faults.finish()
        return account(cluster, faults, loads, tallies, sampler, options)


def account(cluster, faults, loads, tallies, sampler, options):
    """What was sampled, and whether what was acknowledged is there."""
    watch = Watch(cluster, faults.living_nodes, faults.look)
    if not watch.until(time.monotonic() + _RECOVERY_SECONDS, True, ends_when_well=True):
        faults.fail(f"not well again: {watch.trouble}")
    equal = watch.equal(time.monotonic(), _RECOVERY_SECONDS)
    if equal is None:
        faults.fail(f"owners differ: {watch.trouble}")
    traces = sent_by(loads)
    sent = totals(traces)
    if sent["unknown"] and not faults.scenario.names("crash_agent"):
        faults.fail(f"{sent['unknown']} spans had no answer, though no agent died")
    some = dict(random.Random(options.seed).sample(sorted(traces.items()), min(_READ_TRACES_MAX, len(traces))))
    nodes = cluster.facts["nodes"]
    say(f"reading {len(some):,} of {len(traces):,} traces from every node")
    results = {name: result for name, (result, _) in read_all(cluster, some, nodes).items()}
    worst = {key: max(result[key] for result in results.values()) for key in ("lost", "phantom", "duplicates", "unread")}
    apart, _, words = totals_difference(cluster, nodes, None, sent)
    rows = verdict(sampler.samples, options.minutes)
    faults.look()
    failures = [*faults.failures, *load_failures(loads, tallies), *judged(results, _EXPECTED), *(words if apart else []),
                *sampler.failures(options.minutes * MINUTE)]
    is_flat = all(row["flat"] for row in rows)
    return {
        "minutes": options.minutes, "seed": options.seed, **sent, "traces": len(traces), "traces_read": len(some), **worst,
        "totals_difference": apart, "equal_seconds": equal, "figures": rows, "samples": len(sampler.samples),
        "broken_samples": sampler.broken.total(), "flat": is_flat, "failures": failures,
        "notes": [*faults.notes, *load_notes(tallies)], "holds": is_flat and not failures,
    }


def tell(report, output):
    if output == "json":
        print(json.dumps(report, indent=2))
        return
    print(f"{'':<34}{'start':>10}{'middle':>10}{'end':>10}{'a minute':>10}  bound")
    for row in report["figures"]:
        words = "".join(f"{row[key]:>10,.1f}" for key in ("start", "middle", "end", "slope_per_minute"))
        print(f"{row['figure']:<34}{words}  {'flat' if row['flat'] else 'NOT FLAT'}: {row['bound']}")
    print(", ".join(f"{key} {report[key]:,}" for key in ("sent", "acknowledged", "unknown", "totals_difference")))
    read = ", ".join(f"{key} {report[key]:,}" for key in ("lost", "phantom", "duplicates", "unread"))
    print(f"of {report['traces_read']:,} of {report['traces']:,} traces, read from every node: {read}")
    print(f"{report['samples']} samples, {report['broken_samples']} broken; owners equal after {report['equal_seconds']} s")
    for words in [*report["failures"], *report["notes"]]:
        print(words)
    print("it holds" if report["holds"] else "it does NOT hold")


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("--minutes", type=float, default=10, help="1 to 1440")
    parser.add_argument("--rate", type=int, default=2000, help="spans per second over both agents")
    parser.add_argument("--seed", type=int, default=1, help="of the faults and of the load")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    parser.add_argument("--loopback", action="store_true", help="no namespaces, even where they can be had")
    options = parser.parse_args()
    if not 1 <= options.minutes <= 1440 or not 1 <= options.rate <= 100_000:
        parser.error("expected 1 to 1440 minutes, and 1 to 100000 spans a second")

    def work(is_isolated, folder):
        try:
            report = run(options, is_isolated, folder)
        except (Failure, RuntimeError, OSError) as error:
            say(f"the run broke: {error}")
            return 1
        tell(report, options.output)
        sys.stdout.flush()
        return 0 if report["holds"] else 1

    isolation.run(work, options.loopback)


if __name__ == "__main__":
    main()
