"""What clients sent through a cluster's agents, and what every node gives back of it.

The scripts that prove something and the process tests share it.
"""

import collections
import concurrent.futures
import http.client
import json
import os
import ssl
import subprocess
import time
import urllib.parse

from cluster import say


class Load:
    """`neoscope load` to one agent, with a report of every trace."""

    def __init__(self, cluster, agent, rate, seconds, seed, connections=2):
        self.report = cluster.folder / f"load-{agent['name']}-{seed}.jsonl"
        self.rate, self.seconds = rate, seconds
        self.process = subprocess.Popen(
            [*agent.get("prefix", []), cluster.facts["program"], "load", "--endpoint", agent["otlp_http"],
             "--shape", "fixed", "--rate", str(rate), "--batch", "250", "--duration", f"{seconds}s",
             "--connections", str(connections), "--seed", str(seed), "--report", str(self.report),
             "--output", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self):
        """Waits for the end; gives the loader's tally."""
        out, error = self.process.communicate(timeout=self.seconds + 120)
        if not out:
            raise RuntimeError(f"load ended with {self.process.returncode}: {error}")
        return json.loads(out)

    def end(self):
        """Ends the loader where it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def traces(self):
        """Per trace id: spans sent, acknowledged, unknown; lines of one trace add up."""
        return sent_by([self])


def sent_by(loads):
    """Per trace id: spans sent, acknowledged, unknown, over all loads."""
    result = {}
    for load in loads:
        with open(load.report, encoding="utf-8") as file:
            for line in file:
                entry = json.loads(line)
                known = result.setdefault(entry["trace_id"], [0, 0, 0])
                for index, key in enumerate(("spans", "acknowledged", "unknown")):
                    known[index] += entry[key]
    return result


def totals(traces):
    """Spans sent, acknowledged and unknown of all traces."""
    return {key: sum(entry[index] for entry in traces.values())
            for index, key in enumerate(("sent", "acknowledged", "unknown"))}


def refusals(tallies):
    """Refused items by reason, over the tallies of all loads."""
    result = {}
    for tally in tallies:
        for reason, count in tally["refused"].items():
            result[reason] = result.get(reason, 0) + count
    return result


class Reader:
    """One kept connection to a process's API."""

    def __init__(self, cluster, entry):
        self.token = cluster.facts["token"]
        self.url = urllib.parse.urlsplit(entry["api"])
        self.context = ssl.create_default_context(cafile=cluster.facts["ca"]) if self.url.scheme == "https" else None
        self.connection = None

    def get(self, path):
        """Status and body; 0 where five attempts found nobody."""
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
    return read_from(cluster, node, traces)[0]


def read_from(cluster, node, traces):
    """What `check` gives, and the spans of each service and operation."""
    reader = Reader(cluster, node)
    lost, phantom, duplicates, unread, read = 0, 0, 0, 0, 0
    examples, operations = [], collections.Counter()
    for trace, (_, acknowledged, unknown) in traces:
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
            operations.update((span["service"], span["operation_name"]) for span in answer["spans"])
        read += found
        duplicates += twice
        if found < acknowledged:
            lost += acknowledged - found
            examples.append(f"{trace}: {acknowledged} acknowledged, {found} found")
        if found > acknowledged + unknown:
            phantom += found - acknowledged - unknown
            examples.append(f"{trace}: {acknowledged} acknowledged, {unknown} unknown, {found} found")
    return {"lost": lost, "phantom": phantom, "duplicates": duplicates, "unread": unread, "read": read,
            "examples": examples[:5]}, operations


def check_all(cluster, traces):
    """Reads all traces from one node after the other; gives what `check` gives of each."""
    return {name: result for name, (result, _) in read_all(cluster, traces, cluster.facts["nodes"]).items()}


def read_all(cluster, traces, nodes):
    """Reads all traces from these nodes, on as many connections as there are cores, at least two."""
    items = sorted(traces.items())
    workers = max(2, os.cpu_count() or 1)
    results = {}
    for node in nodes:
        parts = [items[start::workers] for start in range(workers)]
        with concurrent.futures.ProcessPoolExecutor(workers) as pool:
            answers = list(pool.map(read_from, [cluster] * workers, [node] * workers, parts))
        total = {key: sum(answer[key] for answer, _ in answers)
                 for key in ("lost", "phantom", "duplicates", "unread", "read")}
        say(f"read from {node['name']}: {total}")
        total["examples"] = [example for answer, _ in answers for example in answer["examples"]][:5]
        results[node["name"]] = (total, sum((operations for _, operations in answers), collections.Counter()))
    return results


def is_broken(results, but=()):
    """Whether any node answered otherwise than it must, in anything but these."""
    kinds = [kind for kind in ("lost", "phantom", "duplicates", "unread") if kind not in but]
    return any(result[kind] for result in results.values() for kind in kinds)


def wait_for_spools(cluster, agents=None, seconds=120, every=0.2):
    """Seconds until the spools of these agents, or of all, are empty."""
    agents = cluster.facts["agents"] if agents is None else agents
    began = time.monotonic()
    held = {}
    while time.monotonic() - began < seconds:
        try:
            held = {agent["name"]: cluster.metric(agent, "neoscope_spool_frames") for agent in agents}
            if not any(held.values()):
                return round(time.monotonic() - began, 1)
        except OSError as error:
            held = {"error": str(error)}
        time.sleep(every)
    raise RuntimeError(f"the spools are not empty after {seconds} s: {held}")
