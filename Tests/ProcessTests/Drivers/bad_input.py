"""Whatever comes in, the node stays, answers properly, counts it, and keeps what it had: bytes that are wrong."""

import http.client
import json
import random
import time
import urllib.parse

from checks import expect, expect_that, figure, run
from kept import Kept
from node import Node, exchange, folder
from otlp import (
    START,
    accepted,
    attributes,
    gauge_request,
    identifiers,
    log_request,
    plain_trace,
    span,
    to_otlp_json,
    trace_request,
)
from wire import delimited, varint

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
SEED = 7


def _samples(source):
    """A rich request for each signal."""
    trace_id = source.randbytes(16)
    one = span(source, trace_id, "sample", attributes={"a": "b", "n": 1, "d": 0.5, "l": [1, "x"], "m": {"k": b"v"}})
    one.events.add(name="event", time_unix_nano=START).attributes.extend(attributes({"gen_ai.prompt": "p"}))
    one.links.add(trace_id=trace_id, span_id=source.randbytes(8), trace_state="a=b")
    one.trace_state = "ot=th:8;rv:123456789abcde"
    one.status.code = 2
    return [
        ("/v1/traces", trace_request([one] * 2, service="fuzzed")),
        ("/v1/metrics", gauge_request([({"a": "b"}, 1.0), ({"c": 1}, 2.0)], service="fuzzed")),
        (
            "/v1/logs",
            log_request([{"body": {"a": [1]}, "attributes": {"x": "y"}, "event_name": "e"}], service="fuzzed"),
        ),
    ]


def _mutated(source, body):
    """The bytes with one to four changes: flipped, cut, repeated, exchanged, grown."""
    body = bytearray(body)
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        if not body:
            break
        at = source.randrange(len(body))
        kind = source.choice((0, 0, 0, 1, 1, 1, 2, 3, 4, 5))
        if kind == 0:
            body[at] ^= 1 << source.randrange(8)
        elif kind == 1:
            body[at] = source.choice((0, 0x7F, 0x80, 0xFF, source.randrange(256)))
        elif kind == 2:
            del body[at:]
        elif kind == 3:
            del body[at : at + source.randrange(1, 9)]
        elif kind == 4:
            body[at:at] = body[at : at + source.randrange(1, 40)]
        else:
            body[at:at] = source.randbytes(source.randrange(1, 12))
    return bytes(body)


def mutations():
    """Seeded mutations of good requests, protobuf and JSON; what is taken can be read everywhere."""
    source = random.Random(SEED)
    figure("seed", SEED)
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        connection = http.client.HTTPConnection(*node.http_address(), timeout=30)
        statuses = {}
        for _ in range(4000):
            path, message = source.choice(_samples(source))
            is_json = source.random() < 0.4
            body = json.dumps(to_otlp_json(message)).encode() if is_json else message.SerializeToString()
            body = source.randbytes(source.randrange(300)) if source.random() < 0.05 else _mutated(source, body)
            try:
                answer = exchange(connection, "POST", path, body, JSON if is_json else PROTOBUF)
            except (OSError, http.client.HTTPException) as error:
                expect("every request is answered", f"{error!r} after {body.hex()}", None)
                connection = http.client.HTTPConnection(*node.http_address(), timeout=30)
                continue
            statuses[answer[0]] = statuses.get(answer[0], 0) + 1
            if answer[0] not in (200, 400):
                expect("taken or refused", (answer[0], body.hex()), "200 or 400")
        figure("answers", statuses)
        expect_that(
            "some were taken and some refused", min(statuses.get(200, 0), statuses.get(400, 0)) > 100, statuses
        )
        kept.check()
        _read_everything(node)


def _read_everything(node):
    """Every trace that a search finds can be read in every form, and every list and page answers."""
    hits = node.get_json("/api/v1/traces?limit=1000")["traces"]
    expect_that("a search finds traces", len(hits) > 0)
    unreadable = {}
    for hit in hits:
        for path in ("/api/v1/traces/", "/api/traces/", "/api/v3/traces/"):
            status, body = node.get(path + hit["trace_id"])
            try:
                json.loads(body)
            except ValueError as error:
                status = f"{status} {error}"
            if status != 200:
                unreadable[path + hit["trace_id"]] = f"{status} {body[:150]!r}"
    expect(f"traces that cannot be read, of {len(hits)}", unreadable, {})
    everything = "query.start_time_min=1970-01-01T00:00:00Z&query.start_time_max=2262-01-01T00:00:00Z"
    for path in (
        "/api/v1/services",
        "/api/v1/logs?limit=10000",
        "/api/v1/metrics",
        "/api/v1/report",
        "/api/services",
        "/api/v3/services",
        "/api/traces?service=fuzzed&limit=1500",
        "/api/v3/traces?query.service_name=fuzzed&query.num_traces=1000&" + everything,
        "/api/v3/trace-summaries?query.service_name=fuzzed&" + everything,
        "/api/dependencies?endTs=9000000000000",
        "/metrics",
    ):
        status, body = node.get(path)
        expect_that(f"GET {path} answers", status == 200, f"{status} {body[:300]!r}")
        if status == 200 and path != "/metrics":
            json.loads(body)
    node.metrics()


def invalid_utf8():
    """Texts that are no UTF-8: refused, or kept and readable; never an unreadable trace."""
    source = identifiers(62)
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        for field in ("name", "attribute", "key", "service", "status"):
            trace_id = source.randbytes(16)
            one = span(source, trace_id, "NAME" if field == "name" else "x", attributes={"key-KEY": "VALUE"})
            one.status.message = "STATUS"
            body = trace_request([one], service="fuzzed SERVICE").SerializeToString()
            marks = {
                "name": b"NAME",
                "attribute": b"VALUE",
                "key": b"KEY",
                "service": b"SERVICE",
                "status": b"STATUS",
            }
            mark = marks[field]
            body = body.replace(mark, (b"\xff\xfe\xc0\x80\xed\xa0\x80" * 2)[: len(mark)])
            status = node.post("/v1/traces", body)[0]
            expect_that(f"{field}: taken or refused", status in (200, 400), status)
            if status == 200:
                for path in ("/api/v1/traces/", "/api/traces/", "/api/v3/traces/"):
                    got, answer = node.get(path + trace_id.hex())
                    expect_that(f"{field}: GET {path} can be read", got == 200, f"{got} {answer[:200]!r}")
        good = plain_trace(source, service="fuzzed")[1]
        node.post("/v1/traces", good.SerializeToString())
        kept.check()
        _read_everything(node)


def nesting():
    """Values within values, deeper than any stack."""
    source = identifiers(63)
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        for depth in (10, 50, 90, 200, 1000, 100_000):
            for kind in ("array", "list"):
                trace_id = source.randbytes(16)
                pair = b"\x0a\x01d\x12" + delimited(_nested(depth, kind))
                body = span(source, trace_id).SerializeToString() + b"\x4a" + delimited(pair)
                resource = trace_request([], service="fuzzed").resource_spans[0].resource.SerializeToString()
                inner = b"\x12" + delimited(b"\x12" + delimited(body))
                request = b"\x0a" + delimited(b"\x0a" + delimited(resource) + inner)
                status, _, answer = node.post("/v1/traces", request)
                wanted = (200,) if depth <= 10 else (200, 400)
                expect_that(f"{kind} of depth {depth}: answered", status in wanted, (status, answer[:200]))
                if status == 200 and not accepted(answer).partial_success.rejected_spans:
                    for path in ("/api/v1/traces/", "/api/traces/", "/api/v3/traces/"):
                        got, text = node.get(path + trace_id.hex())
                        expect_that(
                            f"{kind} of depth {depth}: GET {path} can be read", got == 200, f"{got} {text[:200]!r}"
                        )
        for depth in (50, 1000, 200_000):
            for text in (
                "[" * depth,
                '{"a":' * depth,
                '{"resourceSpans":' + "[" * depth + "]" * depth + "}",
                '{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":'
                + '{"arrayValue":{"values":[' * depth
                + "]}}" * depth
                + "}]}}]}",
                '{"unknown":' + '{"a":' * depth + "1" + "}" * depth + "}",
            ):
                status = node.post("/v1/traces", text.encode(), JSON)[0]
                expect_that(f"JSON of depth {depth}, {text[:24]}…: answered", status in (200, 400), status)
        kept.check()


def _nested(depth, kind):
    """An AnyValue with arrays or lists within each other, made from the inside out without recursion."""
    heads = []
    size = 3  # the string "x" as an AnyValue
    for _ in range(depth):
        if kind == "array":
            outer = b"\x0a" + varint(size)
            size += len(outer)
        else:
            head = b"\x0a\x01k\x12" + varint(size)
            pair = b"\x0a" + varint(size + len(head))
            outer = pair + head
            size += len(outer)
        head = bytes([0x2A if kind == "array" else 0x32]) + varint(size)
        size += len(head)
        heads.append(head + outer)
    return b"".join(reversed(heads)) + b"\x0a\x01x"


def odd_questions():
    """Questions that make no sense get 400 or 404 and a sentence, never 500 and never silence."""
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        quoted = urllib.parse.quote
        for path in (
            "/api/v1/traces/xyz",
            "/api/v1/traces/" + "0" * 31,
            "/api/v1/traces/" + "f" * 33,
            "/api/v1/traces/" + "a" * 5000,
            "/api/v1/traces/%00",
            "/api/v1/traces?limit=-1",
            "/api/v1/traces?limit=99999999999999999999",
            "/api/v1/traces?limit=1.5",
            "/api/v1/traces?from=yesterday",
            "/api/v1/traces?from=99999999999999999999999",
            "/api/v1/traces?min_duration=-5ms",
            "/api/v1/traces?min_duration=1e300h",
            "/api/v1/traces?operation=x",
            "/api/v1/traces?service=a&tags=" + quoted("{not json"),
            "/api/v1/logs?trace=1",
            "/api/v1/logs?min_severity=999",
            "/api/v1/metrics?step=0s",
            "/api/v1/metrics?step=1ns&from=0",
            "/api/v1/metrics?from=9999999999&to=1",
            "/api/traces?service=",
            "/api/traces",
            "/api/traces?service=a&start=x",
            "/api/traces?service=a&minDuration=abc",
            "/api/traces/" + "0" * 32,
            "/api/v3/traces?query.service_name=a",
            "/api/v3/traces?query.service_name=a&query.start_time_min=x&query.start_time_max=y",
            "/api/v3/traces/zz",
            "/api/v3/operations",
            "/api/dependencies",
            "/api/dependencies?endTs=-1",
            "/api/v1/nothing",
            "/nothing",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/api/v1/services/" + quoted("a/b\x00", safe="") + "/operations",
        ):
            begun = time.monotonic()
            try:
                status, body = node.get(path, 20)
            except Exception as error:  # no answer at all
                status, body = repr(error), b""
            sensible = (
                status in (400, 404, 414, 431)
                or status == 200
                and path.split("?")[0].endswith(("metrics", "operations", "traces"))
            )
            expect_that(f"GET {path[:70]}: refused with a sentence", sensible and body, f"{status} {body[:200]!r}")
            expect_that("at once", time.monotonic() - begun < 5)
        for method in ("DELETE", "PUT", "POST"):
            connection = http.client.HTTPConnection(node.api.removeprefix("http://"), timeout=10)
            status = exchange(connection, method, "/api/v1/traces", b"x" * 10)[0]
            expect_that(f"{method} /api/v1/traces", status in (404, 405), status)
        kept.check()


def names_that_command():
    """Names with control characters, quotes and markup do not break a page, a table or a terminal."""
    source = identifiers(68)
    names = [
        "\x1b[2J\x1b[31mred",
        "a\nb\r\nc",
        'quote " back \\ slash',
        "<script>",
        "\u202egnp.exe",
        "\x00",
        "\x9b31m",
        "{}",
        "",
    ]
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        trace_id = source.randbytes(16)
        for name in names:
            request = trace_request([span(source, trace_id, name, attributes={name or "k": name})], service=name)
            expect(f"{name!r}: taken", node.post("/v1/traces", request.SerializeToString())[0], 200)
        for arguments in (("trace", "get", trace_id.hex()), ("services",), ("trace", "search"), ("report",)):
            result = node.command_line(*arguments)
            expect(f"{' '.join(arguments[:2])}: exit code", result.returncode, 0)
            raw = result.stdout.decode()
            controls = sorted({char for char in raw if ord(char) < 32 and char != "\n" or 0x7F <= ord(char) < 0xA0})
            expect(f"{' '.join(arguments[:2])}: control characters in a table", controls, [])
        listed = node.get_json("/api/v1/services")["services"]
        expect_that("services are listed as they are", set(names) - {""} <= set(listed), listed)
        node.metrics()
        for name in names[:-1]:
            found = node.get_json("/api/v1/traces?service=" + urllib.parse.quote(name, safe=""))["traces"]
            expect(f"{name!r}: found by service", len(found), 1)
        kept.check()


SCENARIOS = {
    "mutations": mutations,
    "invalid_utf8": invalid_utf8,
    "nesting": nesting,
    "odd_questions": odd_questions,
    "names_that_command": names_that_command,
}

if __name__ == "__main__":
    run(SCENARIOS)
