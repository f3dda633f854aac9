"""What was acknowledged is there after every kind of end, once, and the accounts close."""

import glob
import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.parse

from checks import expect, expect_that, figure, run
from load import SERVICE, Loader, lost_or_twice, span_count
from node import Node, folder, wait_until
from otlp import identifiers, span, trace_request

ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))
SEED = int(os.environ.get("KILL_SEED", "1"))


def _counted(node):
    """How many spans the durations of the service count, over all windows and runs."""
    result = node.command_line("metrics", "query", "traces.span.duration", "--since", "1h", "--output", "json")
    lines = json.loads(result.stdout or b"{}").get("series", [])
    mine = [line for line in lines if SERVICE in json.dumps(line)]
    return sum(point.get("count", 0) for line in mine for point in line["points"])


def killed():
    """kill -9 at a random moment under load, and now and then while it starts again."""
    source = random.Random(SEED)
    settings = ("storage.segment_bytes=1MiB", "storage.segment_age=1s")
    acknowledged, resent, unknown = {}, set(), 0
    figure("seed", SEED)
    with folder() as place:
        node = Node(place + "/data", *settings)
        with node:
            for number in range(ROUNDS):
                loader = Loader(node, SEED + number).start()
                time.sleep(source.uniform(0.05, 2.0))
                node.kill()
                loader.stop()
                acknowledged.update(loader.acknowledged)
                if source.random() < 0.4:
                    _kill_while_starting(node, source)
                node.start()
                name = f"round {number}, {span_count(loader.acknowledged)} spans acknowledged"
                expect_that(f"{name}: the load was taken", len(loader.acknowledged) > 0, loader.refused)
                expect(f"{name}: none refused", loader.refused, {})
                expect(f"{name}: lost or twice", lost_or_twice(node, loader.acknowledged), {})
                expect(f"{name}: accounts close", node.closed_accounts(), {})
                unknown += sum(len(ids) for ids, _ in loader.unanswered.values())
                _resend(node, loader, acknowledged, resent)
            expect("at the end: lost or twice, over all rounds", lost_or_twice(node, acknowledged, resent), {})
            _check_aggregates(node, acknowledged, unknown)
            expect("at the end: stop", node.stop(), 0)
            node.start()
            sample = dict(source.sample(sorted(acknowledged.items()), min(100, len(acknowledged))))
            expect("after a graceful stop: lost or twice", lost_or_twice(node, sample, resent), {})
            expect("after a graceful stop: accounts close", node.closed_accounts(), {})
            figure("spans acknowledged", span_count(acknowledged))


def _kill_while_starting(node, source):
    """Ends the recovery too: it must be able to begin again."""
    try:
        starter = threading.Timer(source.uniform(0.02, 0.3), lambda: node.process.send_signal(signal.SIGKILL))
        starter.start()
        node.start()
    except RuntimeError:
        pass
    starter.join()
    node.process.wait(10)


def _resend(node, loader, acknowledged, resent):
    """What was never answered is sent again, as a client does; some of it was taken the first time."""
    for trace_id, (identifiers, body) in loader.unanswered.items():
        status = node.post("/v1/traces", body)[0]
        if expect("what was not answered is taken when sent again", status, 200):
            acknowledged[trace_id] = identifiers
            resent.add(trace_id)


def _check_aggregates(node, acknowledged, unknown):
    """Counts before sampling survive too: every acknowledged span once; one resent may count twice."""
    least = span_count(acknowledged)
    wait_until(lambda: _counted(node) >= least, 15, 0.5)
    counted = _counted(node)
    figure("spans counted", counted)
    expect_that(
        "the windows that were open are counted", least <= counted <= least + unknown, (counted, least, unknown)
    )


def killed_again_and_again():
    """Killed after every start: what a start recovers is neither lost nor counted once more by the next."""
    with folder() as place:
        node = Node(place + "/data")
        with node:
            loader = Loader(node, 50).start()
            time.sleep(0.7)
            node.kill()
            loader.stop()
            unknown = sum(len(ids) for ids, _ in loader.unanswered.values())
            for pause in (0, 0.05, 0.3, 1.5, 0, 0.3):
                node.start()
                time.sleep(pause)
                node.kill()
            node.start()
            expect("lost or twice", lost_or_twice(node, loader.acknowledged), {})
            expect("accounts close", node.closed_accounts(), {})
            _check_aggregates(node, loader.acknowledged, unknown)


def asked_to_stop():
    """SIGTERM under load: exit 0, every answer paid, everything acknowledged there after the restart."""
    with folder() as place:
        node = Node(place + "/data", "storage.segment_bytes=1MiB")
        acknowledged = {}
        with node:
            for number in range(3):
                loader = Loader(node, 100 + number, threads=8).start()
                time.sleep(0.7)
                node.process.terminate()
                code = node.process.wait(30)
                loader.stop()
                expect(f"round {number}: exit code", code, 0)
                expect_that(f"round {number}: the load was taken", len(loader.acknowledged) > 3)
                statuses = set(loader.refused.values())
                expect_that(f"round {number}: refused only as unavailable", statuses <= {429, 503}, statuses)
                expect(f"round {number}: no receipt was dropped", "receipt" in node.log().lower(), False)
                expect(f"round {number}: no endpoints are left", os.path.exists(node.data + "/endpoints.json"), False)
                acknowledged.update(loader.acknowledged)
                node.start()
                expect(f"round {number}: lost or twice", lost_or_twice(node, loader.acknowledged), {})
                expect(f"round {number}: accounts close", node.closed_accounts(), {})
            _check_aggregates(node, acknowledged, 10**9)
            expect("at the end: lost or twice, over all rounds", lost_or_twice(node, acknowledged), {})


def asked_to_stop_while_clients_wait():
    """Open connections, a half sent body and a waiting client do not hold the end up."""
    import http.client
    import socket

    with folder() as place, Node(place + "/data") as node:
        idle = http.client.HTTPConnection(*node.http_address(), timeout=5)
        idle.connect()
        half = socket.create_connection(node.http_address(), timeout=5)
        half.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
        )
        grpc_idle = socket.create_connection(node.grpc_address(), timeout=5)
        reader = socket.create_connection((node.api.split("//")[1].split(":")[0], int(node.api.rsplit(":", 1)[1])))
        begun = time.monotonic()
        code = node.stop(40)
        seconds = time.monotonic() - begun
        figure("seconds to stop", round(seconds, 2))
        expect("exit code", code, 0)
        expect_that("it does not wait for them", seconds < 10, seconds)
        for one in (half, grpc_idle, reader):
            one.close()


def asked_to_stop_while_readers_stall():
    """Readers that asked for much and do not take it are cut off; what was acknowledged is safe before."""
    import socket

    with folder() as place, Node(place + "/data") as node:
        source = identifiers(7)
        trace_id = source.randbytes(16)
        spans = [span(source, trace_id, f"operation {number} {'x' * 200}") for number in range(5000)]
        node.post("/v1/traces", trace_request(spans).SerializeToString())
        parts = urllib.parse.urlsplit(node.api)
        request = f"GET /api/v1/traces/{trace_id.hex()} HTTP/1.1\r\nhost: {parts.hostname}\r\n\r\n".encode()
        readers = []
        for _ in range(3):
            reader = socket.socket()
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect((parts.hostname, parts.port))
            reader.sendall(request * 10)
            readers.append(reader)
        expect_that("they stall", all(reader.recv(1) for reader in readers))
        begun = time.monotonic()
        code = node.stop(60)
        figure("seconds to stop", round(time.monotonic() - begun, 2))
        expect("exit code", code, 0)
        expect_that("it does not wait for them", time.monotonic() - begun < 20)
        for reader in readers:
            reader.close()
        node.start()
        expect("the trace is there", node.trace(trace_id.hex())["span_count"], 5000)


def asked_to_stop_while_it_merges():
    """A merge that runs is given up, and readiness turns 503 before the end."""
    with folder() as place, Node(place + "/data", "storage.segment_bytes=4MiB") as node:
        loader = Loader(node, 5, threads=2).start()
        time.sleep(4)
        loader.stop()
        merge = subprocess.Popen(
            ["curl", "-s", "-X", "POST", "--unix-socket", node.data + "/admin.sock", "http://localhost/api/v1/merge"],
            stdout=subprocess.DEVNULL,
        )
        merging = wait_until(lambda: glob.glob(node.data + "/segments/*.tmp"), 20, 0.01)
        expect_that("a merge runs", merging)
        begun = time.monotonic()
        code = node.stop(60)
        seconds = time.monotonic() - begun
        figure("seconds to stop", round(seconds, 2))
        expect("exit code", code, 0)
        expect_that("it does not wait for the merge", seconds < 15, seconds)
        merge.wait(10)
        node.start()
        expect("lost or twice", lost_or_twice(node, loader.acknowledged), {})
        expect("accounts close", node.closed_accounts(), {})


def interrupted():
    """SIGINT ends it as well; a second signal does no harm."""
    with folder() as place, Node(place + "/data") as node:
        node.process.send_signal(signal.SIGINT)
        node.process.send_signal(signal.SIGTERM)
        expect("exit code", node.process.wait(20), 0)


SCENARIOS = {
    "killed": killed,
    "killed_again_and_again": killed_again_and_again,
    "asked_to_stop": asked_to_stop,
    "asked_to_stop_while_clients_wait": asked_to_stop_while_clients_wait,
    "asked_to_stop_while_readers_stall": asked_to_stop_while_readers_stall,
    "asked_to_stop_while_it_merges": asked_to_stop_while_it_merges,
    "interrupted": interrupted,
}

if __name__ == "__main__":
    run(SCENARIOS)
