"""OTLP/HTTP under limits and strain: too large, too much, too many, too slow, cut off."""

import gzip
import http.client
import socket
import threading
import time
import zlib

from checks import expect, expect_that, figure, run
from http_checks import JSON, PROTOBUF, check_refusal, encoded, request_head, signals
from node import Node, exchange, folder, wait_until
from otlp import identifiers, plain_trace, span, trace_request

MEBIBYTE = 1 << 20


def _send_whole(node, head, chunks):
    """Sends everything before it reads, as most clients do, and gives status, headers and body."""
    with socket.create_connection(node.http_address(), timeout=60) as plain:
        failure = None
        try:
            plain.sendall(head)
            for chunk in chunks:
                plain.sendall(chunk)
        except OSError as error:
            failure = error
        answer = http.client.HTTPResponse(plain, method="POST")
        try:
            answer.begin()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, {}, f"sending: {failure!r}; reading: {error!r}".encode()


def too_large():
    """413 by Content-Length, by what comes, and by decompression; a sender who reads late sees it too."""
    with folder() as place, Node(place + "/data") as node:
        megabyte = bytes(MEBIBYTE)
        whole = _send_whole(node, request_head(PROTOBUF, f"content-length: {30 * MEBIBYTE}"), [megabyte] * 30)
        delay = check_refusal("30 MiB by Content-Length", whole, 413, PROTOBUF)
        expect("413: no delay, as sending again cannot help", delay, None)
        chunked = [b"100000\r\n" + megabyte + b"\r\n"] * 30 + [b"0\r\n\r\n"]
        whole = _send_whole(node, request_head(JSON, "transfer-encoding: chunked"), chunked)
        check_refusal("30 MiB in chunks", whole, 413, JSON)
        only_head = _send_whole(node, request_head(PROTOBUF, "content-length: 9000000000000"), [])
        check_refusal("only the head of 9 TB", only_head, 413, PROTOBUF)
        just_too_much = gzip.compress(bytes(20 * MEBIBYTE + 1), 1)
        answer = node.post("/v1/traces", just_too_much, headers={"content-encoding": "gzip"})
        check_refusal("a byte too much after decompression", answer, 413, PROTOBUF)
        try:
            ordinary = node.post("/v1/traces", bytes(25 * MEBIBYTE))[0]
        except OSError as error:
            ordinary = repr(error)
        expect("an ordinary client, which sends everything before it reads, sees it", ordinary, 413)
        absurd = _send_whole(node, request_head(PROTOBUF, "content-length: 99999999999999999999999"), [])
        expect_that("a Content-Length that is no number of this world", absurd[0] in (400, 413), absurd)
        refused = node.total("neoscope_refused_requests_total", signal="spans", reason="too_large")
        expect("refusals are counted", refused, 5.0)
        largest = plain_trace(identifiers(23), 1)[1]
        largest.resource_spans[0].scope_spans[0].spans[0].name = "x" * (20 * MEBIBYTE - 200)
        expect("just small enough", node.post("/v1/traces", largest.SerializeToString())[0], 200)
        wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") == 0)
        expect("nothing is held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)


def gzip_bomb():
    """A gigabyte in a megabyte is refused, ten times at once, without taking its memory."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(bytes(MEBIBYTE)) for _ in range(1024)] + [packer.flush()]
    bomb = b"".join(parts)
    twice = gzip.compress(bomb, 9)
    with folder() as place, Node(place + "/data") as node:
        before = node.total("process_resident_memory_bytes")
        answers = []
        is_gzip = {"content-encoding": "gzip"}

        def send():
            answers.append(node.post("/v1/traces", bomb, headers=is_gzip))

        threads = [threading.Thread(target=send) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect("each gets 413", [answer[0] for answer in answers], [413] * 10)
        expect("a bomb within a bomb is opened once only", node.post("/v1/traces", twice, headers=is_gzip)[0], 400)
        grown = (node.total("process_resident_memory_bytes") - before) / MEBIBYTE
        figure("resident memory grew by MiB", round(grown))
        expect_that("memory stays bounded", grown < 300, grown)
        expect_that("alive and ready", node.is_ready())


def overloaded():
    """429 with Retry-After while too many bytes are held; none is lost, and it ends with them."""
    limits = ("otlp.request_bytes_max=1MiB", "otlp.in_flight_bytes_max=1MiB")
    source = identifiers(24)
    trace_id = source.randbytes(16)
    message = trace_request([span(source, trace_id, "x" * 1000) for _ in range(500)])
    with folder() as place, Node(place + "/data", *limits) as node:
        with socket.create_connection(node.http_address(), timeout=20) as greedy:
            greedy.sendall(request_head(PROTOBUF, "content-length: 1000000") + bytes(900_000))
            wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") >= 900_000)
            for content_type in (PROTOBUF, JSON):
                body = encoded(message, content_type)
                answer = node.post("/v1/traces", body, content_type)
                delay = check_refusal(f"{content_type} beyond the limit", answer, 429, content_type)
                expect_that("Retry-After in seconds", int(answer[1].get("retry-after", 0)) >= 1, answer[1])
                expect("RetryInfo says the same", delay, float(answer[1].get("retry-after", 0)))
        wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") == 0)
        expect("nothing is held after the greedy one left", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
        expect("then it is taken", node.post("/v1/traces", encoded(message, PROTOBUF))[0], 200)
        expect("and there, once", node.trace(trace_id.hex())["span_count"], 500)
        refused = node.total("neoscope_refused_requests_total", signal="spans", reason="overloaded")
        expect("refusals are counted", refused, 2.0)


def low_disk():
    """503 with Retry-After below the watermark, and readiness says so."""
    with folder() as place, Node(place + "/data", "storage.low_disk_bytes=1000000GiB", ready=5) as node:
        for path, message, _ in signals():
            for content_type in (PROTOBUF, JSON):
                answer = node.post(path, encoded(message, content_type), content_type)
                delay = check_refusal(f"{path} {content_type}", answer, 503, content_type, 14)
                expect_that("Retry-After in seconds", int(answer[1].get("retry-after", 0)) >= 1, answer[1])
                expect("RetryInfo says the same", delay, float(answer[1].get("retry-after", 0)))
        expect("readyz", node.get("/readyz")[0], 503)
        expect("livez", node.get("/livez")[0], 200)
        status, body = node.get("/healthz?verbose")
        expect("healthz", status, 503)
        expect_that("healthz names the disk", b"disk" in body, body)
        came = node.total("neoscope_items_in_total", stage="edge")
        expect("nothing came in", came, 0.0)
        refused = node.total("neoscope_refused_requests_total", reason="unavailable")
        expect("refusals are counted", refused, 6.0)


def connections():
    """One connection for many requests, many connections at once, requests before answers."""
    source = identifiers(26)
    with folder() as place, Node(place + "/data") as node:
        sent = []
        connection = http.client.HTTPConnection(*node.http_address(), timeout=20)
        for number in range(200):
            trace_id, message = plain_trace(source)
            sent.append(trace_id)
            content_type = PROTOBUF if number % 2 else JSON
            answer = exchange(connection, "POST", "/v1/traces", encoded(message, content_type), content_type)
            if answer[0] != 200:
                expect(f"request {number} on one connection", answer[0], 200)
        statuses, lock = [], threading.Lock()

        def client(bodies):
            mine = http.client.HTTPConnection(*node.http_address(), timeout=60)
            for body in bodies:
                status = exchange(mine, "POST", "/v1/traces", body, PROTOBUF)[0]
                with lock:
                    statuses.append(status)

        threads = []
        for _ in range(200):
            pairs = [plain_trace(source) for _ in range(3)]
            sent.extend(trace_id for trace_id, _ in pairs)
            bodies = [message.SerializeToString() for _, message in pairs]
            threads.append(threading.Thread(target=client, args=(bodies,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect("200 connections at once, 3 requests each", statuses, [200] * 600)
        sent += _pipelined(node, source)
        came = node.total("neoscope_items_in_total", signal="spans", stage="edge")
        expect("every span came in", came, float(len(sent)))
        missing = [one.hex() for one in sent if node.get("/api/v1/traces/" + one.hex())[0] != 200]
        expect("every trace is there", missing, [])
        expect("accounts close", node.closed_accounts(), {})


def _pipelined(node, source):
    """A hundred requests in one write, a refused one in the middle: answers come in their order."""
    pairs = [plain_trace(source) for _ in range(100)]
    bodies = [message.SerializeToString() for _, message in pairs]
    bodies[50] = b"\xffrubbish"
    stream = b"".join(request_head(PROTOBUF, f"content-length: {len(body)}") + body for body in bodies)
    with socket.create_connection(node.http_address(), timeout=30) as plain:
        plain.sendall(stream)
        statuses = []
        reader = plain.makefile("rb")
        for _ in bodies:
            status = int(reader.readline().split()[1])
            length = 0
            while (line := reader.readline()) != b"\r\n":
                name, text = line.decode().lower().split(":", 1)
                length = int(text) if name == "content-length" else length
            reader.read(length)
            statuses.append(status)
    expect("100 requests in one write", statuses, [400 if n == 50 else 200 for n in range(100)])
    return [trace_id for number, (trace_id, _) in enumerate(pairs) if number != 50]


def half_closed():
    """A client that says it will send no more still gets its answer."""
    source = identifiers(28)
    with folder() as place, Node(place + "/data") as node:
        answers, ids = [], []
        for _ in range(20):
            trace_id, message = plain_trace(source)
            body = message.SerializeToString()
            with socket.create_connection(node.http_address(), timeout=10) as plain:
                plain.sendall(request_head(PROTOBUF, f"content-length: {len(body)}") + body)
                plain.shutdown(socket.SHUT_WR)
                try:
                    answers.append(plain.recv(4096)[:15])
                except OSError as error:
                    answers.append(repr(error).encode())
            ids.append(trace_id)
        expect("each request is answered", answers, [b"HTTP/1.1 200 OK"] * 20)
        there = [node.get("/api/v1/traces/" + one.hex())[0] for one in ids]
        expect_that(
            "what was answered with 200 is there",
            all(status == 200 for status, answer in zip(there, answers) if b"200" in answer),
            there,
        )
        with socket.create_connection(node.http_address(), timeout=10) as plain:
            plain.sendall(request_head(PROTOBUF, "content-length: 1000") + b"only a part")
            plain.shutdown(socket.SHUT_WR)
            rest = plain.recv(4096)
            expect_that("half a body and the end: refused or closed", rest == b"" or b" 400 " in rest, rest)
        wait_until(lambda: node.total("neoscope_ingest_connections") == 0)
        expect("no connection is left", node.total("neoscope_ingest_connections"), 0.0)
        expect("no byte is held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
        expect("accounts close", node.closed_accounts(), {})


def slow_senders():
    """Who stalls gives its place up after otlp.idle_timeout; who goes on slowly, or waits, does not."""
    source = identifiers(29)
    body = plain_trace(source)[1].SerializeToString()
    with folder() as place, Node(place + "/data", "otlp.idle_timeout=1s") as node:
        stalled = [socket.create_connection(node.http_address(), timeout=10) for _ in range(3)]
        stalled[1].sendall(request_head(PROTOBUF, "content-length: 100")[:30])
        stalled[2].sendall(request_head(PROTOBUF, "content-length: 100") + b"a")
        slow = socket.create_connection(node.http_address(), timeout=10)
        slow.sendall(request_head(PROTOBUF, f"content-length: {len(body)}"))
        begun = time.monotonic()
        step = len(body) // 8 + 1
        for start in range(0, len(body), step):
            slow.sendall(body[start : start + step])
            time.sleep(0.3)
        expect_that("slow, but not idle: answered", b" 200 " in slow.recv(4096))
        slow.close()
        for name, plain in zip(("nothing sent", "half a head", "half a body"), stalled):
            plain.settimeout(10)
            try:
                rest = plain.recv(4096)
            except OSError as error:
                rest = repr(error).encode()
            seconds = time.monotonic() - begun
            expect_that(f"{name}: closed", (rest == b"" or b" 408 " in rest) and seconds < 9, (rest, seconds))
            plain.close()
        wait_until(lambda: node.total("neoscope_ingest_connections") == 0)
        expect("no connection is left", node.total("neoscope_ingest_connections"), 0.0)
        expect("no byte is held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)


def too_many_connections():
    """Beyond otlp.connections_max new connections are closed; those that are there go on."""
    body = plain_trace(identifiers(30))[1].SerializeToString()
    with folder() as place, Node(place + "/data", "otlp.connections_max=8") as node:
        kept = [http.client.HTTPConnection(*node.http_address(), timeout=10) for _ in range(8)]
        statuses = [exchange(one, "POST", "/v1/traces", body, PROTOBUF)[0] for one in kept]
        expect("eight are served", statuses, [200] * 8)
        with socket.create_connection(node.http_address(), timeout=10) as ninth:
            try:
                ninth.sendall(request_head(PROTOBUF, f"content-length: {len(body)}") + body)
                rest = ninth.recv(4096)
            except ConnectionError:
                rest = b""
            expect("the ninth is closed", rest, b"")
        expect("the eight go on", exchange(kept[0], "POST", "/v1/traces", body, PROTOBUF)[0], 200)
        for one in kept:
            one.close()
        wait_until(lambda: node.total("neoscope_ingest_connections") == 0)
        expect("then others are served again", node.post("/v1/traces", body)[0], 200)


SCENARIOS = {
    "too_large": too_large,
    "gzip_bomb": gzip_bomb,
    "overloaded": overloaded,
    "low_disk": low_disk,
    "connections": connections,
    "half_closed": half_closed,
    "slow_senders": slow_senders,
    "too_many_connections": too_many_connections,
}

if __name__ == "__main__":
    run(SCENARIOS)
