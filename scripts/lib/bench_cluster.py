"""Measures a cluster: frames from agents into a collector, what a light agent costs, and a span from client to two copies.

Run by scripts/bench cluster; the program and neoscope-bench are release builds.
"""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from accounting import wait_for_spools  # noqa: E402
from cluster import Cluster, say  # noqa: E402
from detection import measure as measure_detection  # noqa: E402

ticks = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / ticks


def memory_mib(pid, key):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def administer(entry, path):
    """A POST on a process's administration socket; returns when it is done."""
    connection = http.client.HTTPConnection("localhost", timeout=3600)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(3600)
    connection.sock.connect(f"{entry['data_dir']}/admin.sock")
    connection.request("POST", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")


def pin(pid, core):
    """Every thread of a process on one core."""
    subprocess.run(["taskset", "-acp", str(core), str(pid)], check=True, capture_output=True)


class Place:
    """A cluster in a folder of its own, ended and removed afterwards."""

    def __init__(self, program, **options):
        self.folder = tempfile.mkdtemp(prefix="neoscope-bench-")
        # Short paths, for the socket in the data directory.
        try:
            self.cluster = Cluster.make(f"{self.folder}/c", str(program), **options)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __enter__(self):
        return self.cluster

    def __exit__(self, *_):
        self.cluster.down()
        shutil.rmtree(self.folder, ignore_errors=True)


def frames(program, figures, count):
    """Row 3: frames prepared beforehand, over four connections, into one collector on a core of its own."""
    say(f"row 3: {count:,} frames into one collector's core")
    settings = ["sensors.enabled=false", "threads=1", "storage.retention_bytes=100GiB"]
    with Place(program, nodes=1, agents=1, replication=1, settings=settings) as cluster:
        node, agent = cluster.facts["nodes"][0], cluster.facts["agents"][0]
        cluster.signal(agent["name"], 15)
        pin(node["pid"], 0)
        before = cpu_seconds(node["pid"])
        loader = subprocess.run(
            ["taskset", "-c", "1", program.parent / "neoscope-bench", "frames", node["peer"], cluster.facts["ca"],
             agent["certificate"], agent["key"], "4", str(count)], capture_output=True, text=True, timeout=900)
        if loader.returncode != 0:
            raise RuntimeError(loader.stderr)
        answer = json.loads(loader.stdout)
        acked = cpu_seconds(node["pid"]) - before
        started = time.time()
        administer(node, "/api/v1/seal")
        sealed = time.time() - started
        cpu = cpu_seconds(node["pid"]) - before
        spans = answer["spans"]
        if answer["refused"]:
            say(f"{answer['refused']} frames were refused for a moment, and sent again")
        figures.add("3 frames into a collector, to the ack", spans / answer["seconds"], "spans/s", 2_000_000)
        figures.add("3 frames into a collector, sustained until indexed", spans / (answer["seconds"] + sealed),
                    "spans/s", 400_000)
        figures.add("3 frames into a collector, CPU to the ack", acked / spans * 1e6, "µs/span")
        figures.add("3 frames into a collector, CPU until indexed", cpu / spans * 1e6, "µs/span")
        figures.add("  bytes of a span on the wire", answer["bytes"] / spans, "B/span")
        figures.add("  collector's resident memory, peak", memory_mib(node["pid"], "VmHWM"), "MiB", 400, at_most=True)


def light_agent(program, figures, seconds):
    """Row 9: an agent that samples its host every second and forwards 100 spans a second."""
    say(f"row 9: an agent at 100 spans/s for {seconds} s")
    with Place(program, nodes=2, agents=1, settings=["threads=1"]) as cluster:
        agent = cluster.facts["agents"][0]
        load = subprocess.Popen(
            [program, "load", "--endpoint", agent["otlp_http"], "--shape", "fixed", "--rate", "100", "--batch", "50",
             "--connections", "1", "--duration", f"{seconds + 10}s", "--output", "json"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(5)
            before = cpu_seconds(agent["pid"])
            time.sleep(seconds)
            share = (cpu_seconds(agent["pid"]) - before) / seconds * 100
        finally:
            load.kill()
            load.wait()
        figures.add("9 agent sampling each second and forwarding 100 spans/s, CPU", share, "% of a core", 1, at_most=True)
        figures.add("9 agent sampling each second and forwarding 100 spans/s, memory",
                    memory_mib(agent["pid"], "VmRSS"), "MiB", 40, at_most=True)


def client_to_two_copies(program, figures, seconds, rate=20_000):
    """CPU of a span from its client to two copies on disk, and where it goes."""
    say(f"a span from client to two copies, {rate} spans/s for {seconds} s")
    with Place(program, nodes=2, agents=1, settings=["sensors.enabled=false"]) as cluster:
        entries = cluster.processes()
        before = {entry["name"]: cpu_seconds(entry["pid"]) for entry in entries}
        tally = json.loads(subprocess.run(
            [program, "load", "--endpoint", cluster.facts["agents"][0]["otlp_http"], "--shape", "fixed", "--rate", str(rate),
             "--batch", "500", "--connections", "4", "--duration", f"{seconds}s", "--output", "json"],
            check=True, capture_output=True).stdout)
        spans = sum(tally["accepted"].values())
        wait_for_spools(cluster, every=0.05)
        used = {entry["name"]: cpu_seconds(entry["pid"]) - before[entry["name"]] for entry in entries}
        figures.add("  client to two copies, CPU of agent and both collectors", sum(used.values()) / spans * 1e6, "µs/span")
        for name, seconds_used in used.items():
            figures.add(f"    of that {name}", seconds_used / spans * 1e6, "µs/span")
        for entry in entries:
            figures.add(f"    resident memory of {entry['name']}, peak", memory_mib(entry["pid"], "VmHWM"), "MiB")
        figures.add("  answer to the client, p50", tally["latency_ms"]["p50"], "ms")
        figures.add("  answer to the client, p99", tally["latency_ms"]["p99"], "ms")


def detection(program, figures, size, trials):
    """Row 10, beside serf."""
    floors = {"kill -9": (1, 5), "SIGSTOP": (3, 5)}
    rows = measure_detection(str(program), size, trials, seed=1)
    serf = {row["how"]: row for row in rows if row["who"] == "serf"}
    for row in rows:
        if row["who"] == "serf":
            continue
        peer = serf.get(row["how"])
        # A trial that somebody never noticed is in none of the medians.
        figures.add(f"10 {row['how']} of one of {size}: never noticed, or never seen back", row["missed"], "times", 0,
                    peer["missed"] if peer else None, at_most=True)

        def add(key, text, floor):
            for kind in ("median", "max"):
                theirs = peer[key][kind] if peer and peer.get(key) else None
                if row[key]:
                    figures.add(f"10 {row['how']} of one of {size}: {text}, {kind}", row[key][kind], "s",
                                floor if kind == "median" else None, theirs, at_most=True)

        add("first_suspect", "first routes around it", None)
        add("last_suspect", "all route around it", floors[row["how"]][0])
        add("first_dead", "first placement without it", None)
        add("last_dead", "all place without it", floors[row["how"]][1])
        add("back", "back everywhere after a restart", None)


def run(program, seconds, trials, size, figures):
    frames(program, figures, 8_000)
    light_agent(program, figures, 30)
    client_to_two_copies(program, figures, seconds * 2)
    detection(program, figures, size, trials)
