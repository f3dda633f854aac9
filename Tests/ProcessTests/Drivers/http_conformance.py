"""OTLP/HTTP as its specification says: what is taken, what is refused, and how a body may be sent."""

import gzip
import http.client
import json
import socket
import time

from checks import expect, expect_that, run
from http_checks import JSON, PROTOBUF, check_refusal, encoded, request_head, signals
from node import Node, exchange, folder
from otlp import accepted, identifiers, plain_trace, refusal, span, trace_request


def acceptance():
    """200 with an empty response, in the request's encoding, for every signal."""
    with folder() as place, Node(place + "/data") as node:
        for path, message, response in signals():
            for content_type in (PROTOBUF, JSON):
                body = encoded(message, content_type)
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
            status, _, body = node.post("/v1/traces", encoded(message, content_type), content_type)
            expect(f"{content_type}: status", status, 200)
            response = accepted(body, content_type)
            expect(f"{content_type}: rejected spans", response.partial_success.rejected_spans, len(bad))
            expect_that(f"{content_type}: it says why", response.partial_success.error_message != "", body)
        raw = json.loads(node.post("/v1/traces", encoded(message, JSON), JSON)[2])
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
    body = signals()[0][1].SerializeToString()
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
            check_refusal(name, answer, 400, content_type, 3)
        good = exchange(connection, "POST", "/v1/traces", body, PROTOBUF)
        expect("the same connection still serves", good[0], 200)
        refused = node.total("neoscope_refused_requests_total", signal="spans", reason="malformed")
        expect("refused requests are counted", refused, float(len(cases)))
        expect("only the good span came in", node.total("neoscope_items_in_total", signal="spans", stage="edge"), 1.0)


def wrong_address():
    """404, 405 and 415, each on a connection that goes on."""
    body = signals()[0][1].SerializeToString()
    with folder() as place, Node(place + "/data") as node:
        connection = http.client.HTTPConnection(*node.http_address(), timeout=20)

        def ask(method, path, data=b"", content_type=None, **headers):
            fields = {name.replace("_", "-"): text for name, text in headers.items()}
            return exchange(connection, method, path, data, content_type, fields)

        for path in ("/", "/v1/trace", "/v1/traces/x", "/v2/traces", "/v1/profiles", "//v1/traces"):
            check_refusal(f"POST {path}", ask("POST", path, body, PROTOBUF), 404, PROTOBUF, 5)
            check_refusal(f"POST {path} as JSON", ask("POST", path, b"{}", JSON), 404, JSON, 5)
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = ask(method, "/v1/traces", b"", JSON)
            check_refusal(method, answer, 405, JSON)
            expect_that(f"{method}: Allow names POST", "POST" in answer[1].get("allow", ""), answer[1])
        for content_type in ("text/plain", "application/x-protobuff", "application/grpc", "", None):
            check_refusal(f"content type {content_type}", ask("POST", "/v1/traces", body, content_type), 415, JSON)
        for encoding in ("br", "zstd", "deflate", "gzip, gzip"):
            answer = ask("POST", "/v1/traces", body, PROTOBUF, content_encoding=encoding)
            check_refusal(f"content encoding {encoding}", answer, 415, PROTOBUF)
        expect("an explicit identity", ask("POST", "/v1/traces", body, PROTOBUF, content_encoding="identity")[0], 200)
        capitals = ask("POST", "/v1/traces", body, "Application/X-Protobuf")
        expect("a media type in capitals", capitals[0], 200)
        head = ask("HEAD", "/v1/traces")
        expect("HEAD: no body", (head[0], head[2]), (405, b""))
        expect("the connection still serves", ask("POST", "/v1/traces", body, PROTOBUF)[0], 200)
        refused = node.total("neoscope_refused_requests_total")
        expect_that("requests of a wrong type or encoding are counted", refused >= 9, refused)


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

        old = raw(request_head(PROTOBUF, f"content-length: {len(body)}").replace(b"HTTP/1.1", b"HTTP/1.0") + body)
        expect_that("HTTP/1.0 is answered and closed", b" 200 " in old and b"close" in old.lower(), old)
        asked = raw(request_head(PROTOBUF, f"content-length: {len(body)}", "expect: 100-continue"))
        expect_that("Expect: 100-continue is answered before the body", b" 100 " in asked.split(b"\r\n")[0], asked)
        split = raw(
            request_head(PROTOBUF, f"content-length: {len(body)}")[:25],
            request_head(PROTOBUF, f"content-length: {len(body)}")[25:] + body,
        )
        expect_that("a head in two parts", b" 200 " in split, split)
        closing = raw(request_head(PROTOBUF, f"content-length: {len(body)}", "connection: close") + body)
        expect_that("Connection: close is honoured", b"connection: close" in closing.lower(), closing)
        for name, data in [
            ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)),
            ("an HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)),
            ("a huge header", b"POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"),
            ("two lengths", request_head(PROTOBUF, "content-length: 3", "content-length: 4") + b"abcd"),
            (
                "a length and chunks",
                request_head(PROTOBUF, "content-length: 3", "transfer-encoding: chunked") + b"0\r\n\r\n",
            ),
            ("a bad chunk", request_head(PROTOBUF, "transfer-encoding: chunked") + b"zz\r\nabc\r\n"),
        ]:
            answer = raw(data)
            refused = answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
            expect_that(f"{name} is refused or closed", refused, answer[:300])
        expect("it still serves", node.post("/v1/traces", body)[0], 200)


SCENARIOS = {
    "acceptance": acceptance,
    "partial_success": partial_success,
    "malformed": malformed,
    "wrong_address": wrong_address,
    "gzip_answers": gzip_answers,
    "cross_origin": cross_origin,
    "framings": framings,
}

if __name__ == "__main__":
    run(SCENARIOS)
