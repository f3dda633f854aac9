"""OTLP/HTTP as its specification says, and what hostile or clumsy clients get."""

import gzip
import http.client
import json
import socket
import threading
import time
import zlib

from checks import expect, expect_that, figure, run
from node import Node, exchange, folder, wait_until
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from otlp import (
    accepted,
    gauge_request,
    identifiers,
    log_request,
    plain_trace,
    refusal,
    span,
    to_otlp_json,
    trace_request,
)

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MEBIBYTE = 1 << 20


def _encoded(message, content_type):
    return message.SerializeToString() if content_type == PROTOBUF else json.dumps(to_otlp_json(message)).encode()


def _signals():
    source = identifiers(20)
    return [
        ("/v1/traces", plain_trace(source)[1], ExportTraceServiceResponse),
        ("/v1/metrics", gauge_request([({"a": "b"}, 1.0)]), ExportMetricsServiceResponse),
        ("/v1/logs", log_request([{"body": "x"}]), ExportLogsServiceResponse),
    ]


def _check_refusal(sentence, answer, status, content_type, code=None):
    """A refusal has the status, and a google.rpc.Status in the request's encoding that says why."""
    got, headers, body = answer
    expect(f"{sentence}: status", got, status)
    expect(f"{sentence}: content type", headers.get("content-type"), content_type)
    try:
        told, delay = refusal(body, content_type)
    except Exception as error:  # whatever the parser says, it is no Status
        return expect(f"{sentence}: the body is a google.rpc.Status", f"{error}: {body[:200]!r}")
    expect_that(f"{sentence}: it says why", len(told.message) > 10, told)
    if code is not None:
        expect(f"{sentence}: code", told.code, code)
    return delay


def acceptance():
    """200 with an empty response, in the request's encoding, for every signal."""
    with folder() as place, Node(place + "/data") as node:
        for path, message, response in _signals():
            for content_type in (PROTOBUF, JSON):
                body = _encoded(message, content_type)
                for compress in (False, True):
                    status, headers, answer = node.post(path, body, content_type, compress=compress)
                    expect(f"{path} {content_type}: status", status, 200)
                    expect(f"{path} {content_type}: content type", headers["content-type"], content_type)
                    expect(f"{path} {content_type}: body", answer, b"" if content_type == PROTOBUF else b"{}")
            expect(f"{path}: an empty request", node.post(path, b"")[::2], (200, b""))
            expect(f"{path}: an empty object", node.post(path, b"{}", JSON)[::2], (200, b"{}"))
            expect(f"{path}: a query is passed over", node.post(path + "?a=b", b"")[0], 200)
            expect_that(
                f"{path}: no partial success", not accepted(b"", PROTOBUF, response).HasField("partial_success")
            )
        expect("accounts close", node.closed_accounts(), {})


def partial_success():
    """Spans without valid ids are refused one by one; the others are taken."""
    source = identifiers(21)
    trace_id = source.randbytes(16)
    good = span(source, trace_id, "good")
    bad = {
        "trace id of zeros": span(source, bytes(16)),
        "no trace id": span(source, b""),
        "short trace id": span(source, source.randbytes(8)),
        "long trace id": span(source, source.randbytes(17)),
        "span id of zeros": span(source, trace_id, span_id=bytes(8)),
        "no span id": span(source, trace_id, span_id=b""),
        "short span id": span(source, trace_id, span_id=b"abc"),
    }
    message = trace_request([good, *bad.values()])
    with folder() as place, Node(place + "/data") as node:
        for content_type in (PROTOBUF, JSON):
            status, _, body = node.post("/v1/traces", _encoded(message, content_type), content_type)
            expect(f"{content_type}: status", status, 200)
            response = accepted(body, content_type)
            expect(f"{content_type}: rejected spans", response.partial_success.rejected_spans, len(bad))
            expect_that(f"{content_type}: it says why", response.partial_success.error_message != "", body)
        raw = json.loads(node.post("/v1/traces", _encoded(message, JSON), JSON)[2])
        expect("a 64-bit number is a string in JSON", raw["partialSuccess"]["rejectedSpans"], str(len(bad)))
        expect("the good span is there", node.trace(trace_id.hex())["span_count"], 1)
        for name, one in bad.items():
            status, _, body = node.post("/v1/traces", trace_request([one]).SerializeToString())
            rejected = accepted(body).partial_success.rejected_spans
            expect(f"only a {name}", (status, rejected), (200, 1))
        rejected = node.total("neoscope_rejected_items_total", signal="spans")
        expect("rejected spans are counted", rejected, 3.0 * len(bad) + len(bad))
        expect("accounts close", node.closed_accounts(), {})


def malformed():
    """400 for what is no OTLP, with a google.rpc.Status in the request's encoding; nothing of it is taken."""
    body = _signals()[0][1].SerializeToString()
    compressed = gzip.compress(body)
    no_compression = {}
    is_gzip = {"content-encoding": "gzip"}
    cases = [
        ("cut protobuf", body[:-3], PROTOBUF, no_compression),
        ("random protobuf", identifiers(22).randbytes(500), PROTOBUF, no_compression),
        ("wrong wire type", b"\x08\x01" + b"\x0b", PROTOBUF, no_compression),
        ("field number zero", b"\x02\x00", PROTOBUF, no_compression),
        ("endless varint", b"\x0a" + b"\xff" * 11, PROTOBUF, no_compression),
        ("JSON sent as protobuf", b'{"resourceSpans":[]}', PROTOBUF, no_compression),
        ("protobuf sent as JSON", body, JSON, no_compression),
        ("cut JSON", b'{"resourceSpans":[', JSON, no_compression),
        ("JSON with text behind", b"{} {}", JSON, no_compression),
        ("JSON that is an array", b"[]", JSON, no_compression),
        ("JSON with a wrong type", b'{"resourceSpans":7}', JSON, no_compression),
        ("JSON with invalid UTF-8", b'{"a":"\xff\xfe"}', JSON, no_compression),
        (
            "JSON with an id that is not hexadecimal",
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}',
            JSON,
            no_compression,
        ),
        ("no gzip", body, PROTOBUF, is_gzip),
        ("cut gzip", compressed[:-5], PROTOBUF, is_gzip),
        ("damaged gzip", compressed[:20] + b"\x00\xff" + compressed[22:], PROTOBUF, is_gzip),
        ("gzip with rubbish behind", compressed + b"rubbish", PROTOBUF, is_gzip),
        ("empty gzip body", b"", JSON, is_gzip),
    ]
    with folder() as place, Node(place + "/data") as node:
        connection = http.client.HTTPConnection(*node.http_address(), timeout=20)
        for name, data, content_type, headers in cases:
            answer = exchange(connection, "POST", "/v1/traces", data, content_type, headers)
            _check_refusal(name, answer, 400, content_type, 3)
        good = exchange(connection, "POST", "/v1/traces", body, PROTOBUF)
        expect("the same connection still serves", good[0], 200)
        refused = node.total("neoscope_refused_requests_total", signal="spans", reason="malformed")
        expect("refused requests are counted", refused, float(len(cases)))
        expect("only the good span came in", node.total("neoscope_items_in_total", signal="spans", stage="edge"), 1.0)


def wrong_address():
    """404, 405 and 415, each on a connection that goes on."""
    body = _signals()[0][1].SerializeToString()
    with folder() as place, Node(place + "/data") as node:
        connection = http.client.HTTPConnection(*node.http_address(), timeout=20)

        def ask(method, path, data=b"", content_type=None, **headers):
            fields = {name.replace("_", "-"): text for name, text in headers.items()}
            return exchange(connection, method, path, data, content_type, fields)

        for path in ("/", "/v1/trace", "/v1/traces/x", "/v2/traces", "/v1/profiles", "//v1/traces"):
            _check_refusal(f"POST {path}", ask("POST", path, body, PROTOBUF), 404, PROTOBUF, 5)
            _check_refusal(f"POST {path} as JSON", ask("POST", path, b"{}", JSON), 404, JSON, 5)
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = ask(method, "/v1/traces", b"", JSON)
            _check_refusal(method, answer, 405, JSON)
            expect_that(f"{method}: Allow names POST", "POST" in answer[1].get("allow", ""), answer[1])
        for content_type in ("text/plain", "application/x-protobuff", "application/grpc", "", None):
            _check_refusal(f"content type {content_type}", ask("POST", "/v1/traces", body, content_type), 415, JSON)
        for encoding in ("br", "zstd", "deflate", "gzip, gzip"):
            answer = ask("POST", "/v1/traces", body, PROTOBUF, content_encoding=encoding)
            _check_refusal(f"content encoding {encoding}", answer, 415, PROTOBUF)
        expect("an explicit identity", ask("POST", "/v1/traces", body, PROTOBUF, content_encoding="identity")[0], 200)
        capitals = ask("POST", "/v1/traces", body, "Application/X-Protobuf")
        expect("a media type in capitals", capitals[0], 200)
        head = ask("HEAD", "/v1/traces")
        expect("HEAD: no body", (head[0], head[2]), (405, b""))
        expect("the connection still serves", ask("POST", "/v1/traces", body, PROTOBUF)[0], 200)
        refused = node.total("neoscope_refused_requests_total")
        expect_that("requests of a wrong type or encoding are counted", refused >= 9, refused)


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


def _head(content_type, *lines):
    return (
        "POST /v1/traces HTTP/1.1\r\nhost: a\r\n"
        + "".join(f"{line}\r\n" for line in (f"content-type: {content_type}", *lines))
        + "\r\n"
    ).encode()


def too_large():
    """413 by Content-Length, by what comes, and by decompression; a sender who reads late sees it too."""
    with folder() as place, Node(place + "/data") as node:
        megabyte = bytes(MEBIBYTE)
        whole = _send_whole(node, _head(PROTOBUF, f"content-length: {30 * MEBIBYTE}"), [megabyte] * 30)
        delay = _check_refusal("30 MiB by Content-Length", whole, 413, PROTOBUF)
        expect("413: no delay, as sending again cannot help", delay, None)
        chunked = [b"100000\r\n" + megabyte + b"\r\n"] * 30 + [b"0\r\n\r\n"]
        whole = _send_whole(node, _head(JSON, "transfer-encoding: chunked"), chunked)
        _check_refusal("30 MiB in chunks", whole, 413, JSON)
        only_head = _send_whole(node, _head(PROTOBUF, "content-length: 9000000000000"), [])
        _check_refusal("only the head of 9 TB", only_head, 413, PROTOBUF)
        just_too_much = gzip.compress(bytes(20 * MEBIBYTE + 1), 1)
        answer = node.post("/v1/traces", just_too_much, headers={"content-encoding": "gzip"})
        _check_refusal("a byte too much after decompression", answer, 413, PROTOBUF)
        try:
            ordinary = node.post("/v1/traces", bytes(25 * MEBIBYTE))[0]
        except OSError as error:
            ordinary = repr(error)
        expect("an ordinary client, which sends everything before it reads, sees it", ordinary, 413)
        absurd = _send_whole(node, _head(PROTOBUF, "content-length: 99999999999999999999999"), [])
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
            greedy.sendall(_head(PROTOBUF, "content-length: 1000000") + bytes(900_000))
            wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") >= 900_000)
            for content_type in (PROTOBUF, JSON):
                body = _encoded(message, content_type)
                answer = node.post("/v1/traces", body, content_type)
                delay = _check_refusal(f"{content_type} beyond the limit", answer, 429, content_type)
                expect_that("Retry-After in seconds", int(answer[1].get("retry-after", 0)) >= 1, answer[1])
                expect("RetryInfo says the same", delay, float(answer[1].get("retry-after", 0)))
        wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") == 0)
        expect("nothing is held after the greedy one left", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
        expect("then it is taken", node.post("/v1/traces", _encoded(message, PROTOBUF))[0], 200)
        expect("and there, once", node.trace(trace_id.hex())["span_count"], 500)
        refused = node.total("neoscope_refused_requests_total", signal="spans", reason="overloaded")
        expect("refusals are counted", refused, 2.0)


def low_disk():
    """503 with Retry-After below the watermark, and readiness says so."""
    with folder() as place, Node(place + "/data", "storage.low_disk_bytes=1000000GiB", ready=5) as node:
        for path, message, _ in _signals():
            for content_type in (PROTOBUF, JSON):
                answer = node.post(path, _encoded(message, content_type), content_type)
                delay = _check_refusal(f"{path} {content_type}", answer, 503, content_type, 14)
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


def gzip_answers():
    """Answers are compressed for who accepts it, and for nobody else."""
    source = identifiers(25)
    message = trace_request([span(source, bytes(16)) for _ in range(3)]).SerializeToString()
    with folder() as place, Node(place + "/data") as node:
        for accept, packed in [
            ("gzip", True),
            ("gzip, deflate, br", True),
            ("deflate, gzip;q=0.5", True),
            ("*", None),
            ("identity", False),
            ("gzip;q=0", False),
            ("gzip; q=0", False),
            ("gzip;q=0.0", False),
            ("", False),
        ]:
            headers = {"accept-encoding": accept}
            for name, body in (("partial success", message), ("refusal", b"\xff\xff rubbish")):
                status, got, answer = node.post("/v1/traces", body, headers=headers)
                if packed is not None:
                    seen = got.get("content-encoding") == "gzip"
                    expect(f"{name}, Accept-Encoding {accept!r}: compressed", seen, packed)
                if status == 200:
                    expect("its body can be read", accepted(answer).partial_success.rejected_spans, 3)
                else:
                    expect("its body can be read", refusal(answer, PROTOBUF)[0].code, 3)


def cross_origin():
    """A web page on this host may send; another may not."""
    with folder() as place, Node(place + "/data") as node:
        connection = http.client.HTTPConnection(*node.http_address(), timeout=20)
        page = {
            "origin": "http://localhost:3000",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        status, headers, body = exchange(connection, "OPTIONS", "/v1/traces", b"", None, page)
        expect_that("preflight: status", status in (200, 204), status)
        expect("preflight: origin", headers.get("access-control-allow-origin"), "http://localhost:3000")
        expect_that("preflight: methods", "POST" in headers.get("access-control-allow-methods", ""), headers)
        allowed = headers.get("access-control-allow-headers", "").lower()
        expect_that("preflight: headers", "content-type" in allowed and "content-encoding" in allowed, allowed)
        expect_that("preflight: it varies with the origin", "origin" in headers.get("vary", "").lower(), headers)
        answer = exchange(connection, "POST", "/v1/traces", b"{}", JSON, {"origin": "http://127.0.0.1:80"})
        expect("the request itself", answer[0], 200)
        expect("its origin", answer[1].get("access-control-allow-origin"), "http://127.0.0.1:80")
        refused = exchange(connection, "POST", "/v1/traces", b"{", JSON, {"origin": "http://localhost"})
        expect("a refusal can be read too", refused[1].get("access-control-allow-origin"), "http://localhost")
        for other in (
            "https://evil.example",
            "http://localhost.evil.example",
            "http://localhost:80.evil.example",
            "null",
        ):
            for method in ("OPTIONS", "POST"):
                answer = exchange(connection, method, "/v1/traces", b"{}", JSON, {**page, "origin": other})
                expect(f"{method} from {other}", answer[1].get("access-control-allow-origin"), None)


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
            answer = exchange(connection, "POST", "/v1/traces", _encoded(message, content_type), content_type)
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
    stream = b"".join(_head(PROTOBUF, f"content-length: {len(body)}") + body for body in bodies)
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


def framings():
    """The ways HTTP/1.1 lets a client send a body."""
    source = identifiers(27)
    body = plain_trace(source)[1].SerializeToString()
    with folder() as place, Node(place + "/data") as node:
        address = node.http_address()
        connection = http.client.HTTPConnection(*address, timeout=20)
        headers = {"content-type": PROTOBUF}
        connection.request("POST", "/v1/traces", iter([body[:1], body[1:5], body[5:]]), headers, encode_chunked=True)
        expect("chunks", connection.getresponse().status, 200)

        def raw(*parts):
            """The head of the answer to bytes sent part by part; empty where the connection was closed."""
            answer = b""
            try:
                with socket.create_connection(address, timeout=5) as plain:
                    for part in parts:
                        plain.sendall(part)
                        time.sleep(0.1 if len(parts) > 1 else 0)
                    while b"\r\n\r\n" not in answer and (part := plain.recv(65536)):
                        answer += part
            except TimeoutError:
                answer += b" (no more within five seconds)"
            except ConnectionError:
                pass
            return answer

        old = raw(_head(PROTOBUF, f"content-length: {len(body)}").replace(b"HTTP/1.1", b"HTTP/1.0") + body)
        expect_that("HTTP/1.0 is answered and closed", b" 200 " in old and b"close" in old.lower(), old)
        asked = raw(_head(PROTOBUF, f"content-length: {len(body)}", "expect: 100-continue"))
        expect_that("Expect: 100-continue is answered before the body", b" 100 " in asked.split(b"\r\n")[0], asked)
        split = raw(
            _head(PROTOBUF, f"content-length: {len(body)}")[:25],
            _head(PROTOBUF, f"content-length: {len(body)}")[25:] + body,
        )
        expect_that("a head in two parts", b" 200 " in split, split)
        closing = raw(_head(PROTOBUF, f"content-length: {len(body)}", "connection: close") + body)
        expect_that("Connection: close is honoured", b"connection: close" in closing.lower(), closing)
        for name, data in [
            ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)),
            ("an HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)),
            ("a huge header", b"POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"),
            ("two lengths", _head(PROTOBUF, "content-length: 3", "content-length: 4") + b"abcd"),
            (
                "a length and chunks",
                _head(PROTOBUF, "content-length: 3", "transfer-encoding: chunked") + b"0\r\n\r\n",
            ),
            ("a bad chunk", _head(PROTOBUF, "transfer-encoding: chunked") + b"zz\r\nabc\r\n"),
        ]:
            answer = raw(data)
            refused = answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
            expect_that(f"{name} is refused or closed", refused, answer[:300])
        expect("it still serves", node.post("/v1/traces", body)[0], 200)


def half_closed():
    """A client that says it will send no more still gets its answer."""
    source = identifiers(28)
    with folder() as place, Node(place + "/data") as node:
        answers, ids = [], []
        for _ in range(20):
            trace_id, message = plain_trace(source)
            body = message.SerializeToString()
            with socket.create_connection(node.http_address(), timeout=10) as plain:
                plain.sendall(_head(PROTOBUF, f"content-length: {len(body)}") + body)
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
            plain.sendall(_head(PROTOBUF, "content-length: 1000") + b"only a part")
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
        stalled[1].sendall(_head(PROTOBUF, "content-length: 100")[:30])
        stalled[2].sendall(_head(PROTOBUF, "content-length: 100") + b"a")
        slow = socket.create_connection(node.http_address(), timeout=10)
        slow.sendall(_head(PROTOBUF, f"content-length: {len(body)}"))
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
                ninth.sendall(_head(PROTOBUF, f"content-length: {len(body)}") + body)
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
    "acceptance": acceptance,
    "partial_success": partial_success,
    "malformed": malformed,
    "wrong_address": wrong_address,
    "too_large": too_large,
    "gzip_bomb": gzip_bomb,
    "overloaded": overloaded,
    "low_disk": low_disk,
    "gzip_answers": gzip_answers,
    "cross_origin": cross_origin,
    "connections": connections,
    "framings": framings,
    "half_closed": half_closed,
    "slow_senders": slow_senders,
    "too_many_connections": too_many_connections,
}

if __name__ == "__main__":
    run(SCENARIOS)
