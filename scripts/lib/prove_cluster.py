"""What a cluster promises, shown on real processes: run by scripts/prove.

    python3 scripts/lib/prove_cluster.py nodes|agents [--seconds S] [--kills K] [--rate R] [--seed N]

Prints one JSON object; exits 1 where a promise is broken. PROGRAM names the binary.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cluster import Cluster, say  # noqa: E402


class Load:
    """`neoscope load` to one agent, with a report of every trace."""

    def __init__(self, cluster, agent, rate, seconds, seed, connections=2):
        self.report = cluster.folder / f"load-{agent['name']}-{seed}.jsonl"
        self.process = subprocess.Popen(
            [cluster.facts["program"], "load", "--endpoint", agent["otlp_http"], "--shape", "fixed", "--rate", str(rate),
             "--batch", "250", "--duration", f"{seconds}s", "--connections", str(connections), "--seed", str(seed),
             "--report", str(self.report), "--output", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        out, error = self.process.communicate(timeout=600)
        if not out:
            raise RuntimeError(f"load ended with {self.process.returncode}: {error}")
        return json.loads(out)

    def traces(self):
        """Per trace id: spans sent, acknowledged, unknown; lines of one trace add up."""
        result = {}
        for line in self.report.read_text().splitlines():
            entry = json.loads(line)
            known = result.setdefault(entry["trace_id"], [0, 0, 0])
            known[0] += entry["spans"]
            known[1] += entry["acknowledged"]
            known[2] += entry["unknown"]
        return result


class Reader:
    """One kept connection to a node's API."""

    def __init__(self, cluster, node):
        self.token = cluster.facts["token"]
        self.url = urllib.parse.urlsplit(node["api"])
        self.context = ssl.create_default_context(cafile=cluster.facts["ca"])
        self.connection = None

    def get(self, path):
        for attempt in range(5):
            try:
                if self.connection is None:
                    place = (self.url.hostname, self.url.port)
                    self.connection = (
                        http.client.HTTPSConnection(*place, timeout=60, context=self.context)
                        if self.url.scheme == "https" else http.client.HTTPConnection(*place, timeout=60))
                self.connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                self.connection = None
                time.sleep(0.1 * (attempt + 1))
        return 0, b""


def check(cluster, node, traces):
    """Reads every trace from one node; gives what is lost, what was never sent, and what is there twice."""
    reader = Reader(cluster, node)
    lost, phantom, duplicates, unread, read = 0, 0, 0, 0, 0
    examples = []
    for trace, (sent, acknowledged, unknown) in traces:
        status, body = reader.get(f"/api/v1/traces/{trace}")
        if status == 404:
            found, twice = 0, 0
        elif status != 200:
            unread += 1
            examples.append(f"{trace}: status {status} {body[:120]!r}")
            continue
        else:
            answer = json.loads(body)
            found, twice = answer["span_count"], answer["duplicate_spans"]
        read += found
        duplicates += twice
        if found < acknowledged:
            lost += acknowledged - found
            examples.append(f"{trace}: {acknowledged} acknowledged, {found} found")
        if found > acknowledged + unknown:
            phantom += found - acknowledged - unknown
    return {"lost": lost, "phantom": phantom, "duplicates": duplicates, "unread": unread, "read": read,
            "examples": examples[:5]}


def check_all(cluster, traces):
    """Reads all traces from all nodes at once, in so many processes as there are cores."""
    items = sorted(traces.items())
    results = {}
    for node in cluster.facts["nodes"]:
        parts = [items[start::4] for start in range(4)]
        with concurrent.futures.ProcessPoolExecutor(4) as pool:
            answers = list(pool.map(check, [cluster] * 4, [node] * 4, parts))
        total = {key: sum(answer[key] for answer in answers)
                 for key in ("lost", "phantom", "duplicates", "unread", "read")}
        total["examples"] = [example for answer in answers for example in answer["examples"]][:5]
        results[node["name"]] = total
        say(f"read from {node['name']}: {total}")
    return results


def wait_for_spools(cluster, seconds=120):
    """Seconds until every agent's spool is empty."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            if all(cluster.metric(agent, "neoscope_spool_frames") == 0 for agent in cluster.facts["agents"]):
                return round(time.monotonic() - began, 1)
        except OSError:
            pass
        time.sleep(0.2)
    held = {agent["name"]: cluster.metric(agent, "neoscope_spool_frames") for agent in cluster.facts["agents"]}
    raise RuntimeError(f"the spools are not empty: {held}")


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
        cluster.start(name, wait=False)
        cluster._wait(cluster.entry(name))


def run(kind, seconds, kills, rate, seed, folder):
    source = random.Random(seed)
    cluster = Cluster.make(folder, os.environ["PROGRAM"], settings=["storage.segment_bytes=16MiB"])
    try:
        agents = cluster.facts["agents"]
        loads = [Load(cluster, agent, rate / len(agents), seconds, seed * 1000 + number * 100)
                 for number, agent in enumerate(agents)]
        victims = cluster.facts["nodes"] if kind == "nodes" else agents
        kill_some(cluster, [entry["name"] for entry in victims], kills, seconds, source)
        tallies = [load.finish() for load in loads]
        drained = wait_for_spools(cluster)
        cluster.wait_for_members(len(cluster.facts["nodes"]))
        traces = {}
        for load in loads:
            traces.update(load.traces())
        acknowledged = sum(entry[1] for entry in traces.values())
        results = check_all(cluster, traces)
        refused = {}
        for tally in tallies:
            for reason, count in tally["refused"].items():
                refused[reason] = refused.get(reason, 0) + count
        report = {
            "killed": kind, "kills": kills, "seed": seed, "seconds": seconds,
            "sent": sum(entry[0] for entry in traces.values()), "acknowledged": acknowledged,
            "unknown": sum(entry[2] for entry in traces.values()), "refused": refused,
            "spools_empty_after_seconds": drained, "latency_ms": [tally["latency_ms"] for tally in tallies],
            "nodes": results,
        }
        broken = any(result[key] for result in results.values() for key in ("lost", "phantom", "duplicates", "unread"))
        broken = broken or (kind == "nodes" and bool(refused)) or acknowledged == 0
        report["broken"] = broken
        return report
    finally:
        cluster.down()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["nodes", "agents"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        report = run(arguments.kind, arguments.seconds, arguments.kills, arguments.rate, arguments.seed,
                     arguments.folder or f"{place}/cluster")
    print(json.dumps(report, indent=2))
    sys.exit(1 if report["broken"] else 0)


if __name__ == "__main__":
    main()
