"""Whatever comes in, the node stays, answers properly, counts it, and keeps what it had."""

import http.client
import json
import random
import struct
import time
import urllib.parse

from checks import expect, expect_that, figure, run
from node import Node, exchange, folder, wait_until
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

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MEBIBYTE = 1 << 20
SEED = 7


class Kept:
    """A trace from before the bad input, to be found after it."""

    def __init__(self, node):
        self.node = node
        self.trace_id, request = plain_trace(identifiers(60), 5, service="before", name="kept")
        status = node.post("/v1/traces", request.SerializeToString())[0]
        expect("something good comes first", status, 200)

    def check(self):
        """The node lives, is ready, has what it had, and its accounts close."""
        expect_that("the process lives", self.node.is_alive(), self.node.log()[-2000:])
        expect("it is ready", self.node.get("/readyz")[0], 200)
        expect("what was there before is there", self.node.trace(self.trace_id.hex())["span_count"], 5)
        expect("accounts close", self.node.closed_accounts(), {})
        status, _, _ = self.node.post("/v1/traces", plain_trace(identifiers(61))[1].SerializeToString())
        expect("it goes on taking", status, 200)


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
                pair = b"\x0a\x01d\x12" + _length(_nested(depth, kind))
                body = span(source, trace_id).SerializeToString() + b"\x4a" + _length(pair)
                resource = trace_request([], service="fuzzed").resource_spans[0].resource.SerializeToString()
                inner = b"\x12" + _length(b"\x12" + _length(body))
                request = b"\x0a" + _length(b"\x0a" + _length(resource) + inner)
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


def _length(payload):
    return _varint(len(payload)) + payload


def _varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _nested(depth, kind):
    """An AnyValue with arrays or lists within each other, made from the inside out without recursion."""
    heads = []
    size = 3  # the string "x" as an AnyValue
    for _ in range(depth):
        if kind == "array":
            outer = b"\x0a" + _varint(size)
            size += len(outer)
        else:
            head = b"\x0a\x01k\x12" + _varint(size)
            pair = b"\x0a" + _varint(size + len(head))
            outer = pair + head
            size += len(outer)
        head = bytes([0x2A if kind == "array" else 0x32]) + _varint(size)
        size += len(head)
        heads.append(head + outer)
    return b"".join(reversed(heads)) + b"\x0a\x01x"


def million_spans():
    """A million spans in one request: too large by default, taken where the limit allows it."""
    source = random.Random(5)
    trace_id = source.randbytes(16)
    scope = bytearray()
    for number in range(1_000_000):
        scope += b"\x12\x1c\x0a\x10" + trace_id + b"\x12\x08" + struct.pack(">Q", number + 1)
    large = b"\x0a" + _length(b"\x12" + _length(bytes(scope)))
    empty = b"\x0a" + _length(b"\x12" + _length(b"\x12\x00" * 1_000_000))
    with folder() as place, Node(place + "/data", "otlp.request_bytes_max=64MiB") as node:
        kept = Kept(node)
        begun = time.monotonic()
        status, _, body = node.post("/v1/traces", empty, compress=True)
        expect("a million empty spans are refused one by one", status, 200)
        expect("each is counted", accepted(body).partial_success.rejected_spans, 1_000_000)
        figure("seconds for a million empty spans", round(time.monotonic() - begun, 1))
        begun = time.monotonic()
        status, _, body = node.post("/v1/traces", large, compress=True, seconds=170)
        expect("a million spans", (status, body), (200, b""))
        figure("seconds for a million spans", round(time.monotonic() - begun, 1))
        came = node.total("neoscope_items_in_total", signal="spans", stage="edge")
        expect("they came in", came, 1_000_005.0)
        figure("resident MiB", round(node.total("process_resident_memory_bytes") / MEBIBYTE))
        kept.check()
    with folder() as place, Node(place + "/data") as node:
        expect("by default it is too large", node.post("/v1/traces", large, compress=True)[0], 413)


def hundred_thousand_span_trace():
    """One trace of 100,000 spans in twenty requests: found whole in every form."""
    source = identifiers(64)
    trace_id = source.randbytes(16)
    sent = set()
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        root = span(source, trace_id, "root", end_time_unix_nano=START + 10**12)
        for part in range(20):
            spans = [span(source, trace_id, f"step {n % 50}", parent_span_id=root.span_id) for n in range(5000)]
            if part == 0:
                spans[0] = root
            sent.update(one.span_id.hex() for one in spans)
            status = node.post("/v1/traces", trace_request(spans, service="large").SerializeToString())[0]
            if status != 200:
                expect(f"part {part}", status, 200)
        for path, read in (
            ("/api/v1/traces/", lambda body: [one["span_id"] for one in body["spans"]]),
            ("/api/traces/", lambda body: [one["spanID"] for one in body["data"][0]["spans"]]),
            (
                "/api/v3/traces/",
                lambda body: [
                    one["spanId"]
                    for group in body["result"]["resourceSpans"]
                    for inner in group["scopeSpans"]
                    for one in inner["spans"]
                ],
            ),
        ):
            begun = time.monotonic()
            found = read(node.get_json(path + trace_id.hex(), 120))
            figure(f"seconds for GET {path}", round(time.monotonic() - begun, 1))
            expect(f"GET {path}: how many", len(found), 100_000)
            expect_that(f"GET {path}: exactly these", set(found) == sent)
        begun = time.monotonic()
        answer = node.trace(trace_id.hex(), 120)
        expect("trace get: how many", len(answer["spans"]) if answer else None, 100_000)
        table = node.command_line("trace", "get", trace_id.hex(), seconds=120)
        expect_that("trace get as a table", table.returncode == 0 and b"root" in table.stdout, table.stderr[-500:])
        figure("seconds for trace get, twice", round(time.monotonic() - begun, 1))
        hits = node.get_json("/api/v1/traces?service=large")["traces"]
        expect("a search finds it once", [hit["trace_id"] for hit in hits], [trace_id.hex()])
        expect("and knows its size", hits[0]["spans"], 100_000)
        kept.check()


def cardinality():
    """Ten thousand span names, services and label values: the rest goes to an overflow series; memory is bounded."""
    source = identifiers(65)
    # One thread, as the limits hold for each edge, and there is one edge per thread.
    with folder() as place, Node(place + "/data", "threads=1") as node:
        kept = Kept(node)
        before = node.total("process_resident_memory_bytes")
        for part in range(20):
            trace_id = source.randbytes(16)
            numbers = range(part * 500, part * 500 + 500)
            names = trace_request([span(source, trace_id, f"name {n} " + "n" * 50) for n in numbers], service="names")
            services = trace_request([])
            services.resource_spans.clear()
            for n in numbers:
                one = trace_request([span(source, trace_id, "same")], service=f"service {n}")
                services.resource_spans.extend(one.resource_spans)
            models = trace_request(
                [
                    span(
                        source,
                        trace_id,
                        "chat",
                        attributes={
                            "gen_ai.operation.name": "chat",
                            "gen_ai.request.model": f"model {n}",
                            "gen_ai.usage.input_tokens": 3,
                        },
                    )
                    for n in numbers
                ],
                service="models",
            )
            points = gauge_request([({"value": f"value {n}"}, 1.0) for n in numbers], service="points")
            for path, request in (("traces", names), ("traces", services), ("traces", models), ("metrics", points)):
                status, _, body = node.post(f"/v1/{path}", request.SerializeToString())
                if (status, body) != (200, b""):
                    expect("everything is taken", (status, body), (200, b""))
        wait_until(lambda: node.total("neoscope_series_overflow_total") > 0, 15, 0.5)
        expect_that(
            "overflow is counted",
            node.total("neoscope_series_overflow_total") > 5000,
            node.total("neoscope_series_overflow_total"),
        )
        grown = (node.total("process_resident_memory_bytes") - before) / MEBIBYTE
        figure("resident memory grew by MiB", round(grown))
        expect_that("memory stays bounded", grown < 400, grown)
        query = lambda name="traces.span.duration": json.loads(
            node.command_line("metrics", "query", name, "--since", "1h", "--output", "json").stdout
        )["series"]
        lines = wait_until(
            lambda: [one for one in query() if "otel.metric.overflow" in json.dumps(one)] and query(), 15, 0.5
        )
        expect_that("the overflow series is shown", bool(lines))
        for service in ("names", "models"):
            mine = [one for one in lines or [] if one["labels"].get("service.name") == service]
            expect_that(f"{service}: at most 500 series", 0 < len(mine) <= 501, len(mine))
        counted = sum(point["count"] for one in lines or [] for point in one["points"])
        expect("and no span is lost from the counts", counted, 30_005)
        gauges = query("tested.gauge")
        expect_that("a client's metric: at most 500 series, and an overflow", 0 < len(gauges) <= 501, len(gauges))
        expect_that("its overflow series is shown", "otel.metric.overflow" in json.dumps(gauges))
        own = {one["labels"].get("service.name") for one in lines or []}
        expect_that("at most 2,000 services have series of their own", len(own) <= 2002, len(own))
        status, page = node.get("/metrics")
        figure("bytes of /metrics", len(page))
        expect_that("/metrics stays small", status == 200 and len(page) < 8 * MEBIBYTE, len(page))
        expect("services that can be searched", len(node.get_json("/api/v1/services")["services"]), 10_000)
        found = node.get_json("/api/v1/traces?service=service%209999")["traces"]
        expect("the last of them is found", len(found), 1)
        kept.check()


def identifiers_again():
    """Equal span ids: equal bytes are one span, different bytes are two; an open span gives way to its end."""
    source = identifiers(66)
    trace_id, span_id = source.randbytes(16), source.randbytes(8)
    one = span(source, trace_id, "one", span_id=span_id)
    two = span(source, trace_id, "two", span_id=span_id)
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        node.post("/v1/traces", trace_request([one, two, one]).SerializeToString())
        node.post("/v1/traces", trace_request([two]).SerializeToString())
        answer = node.trace(trace_id.hex())
        expect(
            "both contents are there, once each", sorted(s["operation_name"] for s in answer["spans"]), ["one", "two"]
        )
        expect("the others are told", answer["duplicate_spans"], 2)
        opened = source.randbytes(16)
        early = span(source, opened, "task", span_id=span_id, end_time_unix_nano=0)
        late = span(source, opened, "task", span_id=span_id, end_time_unix_nano=START + 5_000_000)
        node.post("/v1/traces", trace_request([early]).SerializeToString())
        shown = node.trace(opened.hex())["spans"]
        expect("an open span is shown as open", (len(shown), shown[0].get("open")), (1, True))
        node.post("/v1/traces", trace_request([late]).SerializeToString())
        shown = node.trace(opened.hex())
        expect(
            "its ended version takes its place",
            [s["end_time_unix_nano"] for s in shown["spans"]],
            [str(START + 5_000_000)],
        )
        expect("and the count says so", shown["span_count"], 1)
        kept.check()


def odd_times():
    """Ends before starts, the first and the last nanosecond: kept as sent, shown, found, counted."""
    source = identifiers(67)
    most = 2**64 - 1
    cases = {
        "end before start": (START, START - 1_000_000_000),
        "both zero": (0, 0),
        "start zero": (0, START),
        "the last nanosecond": (most, most),
        "from first to last": (1, most),
        "beyond signed": (2**63, 2**63 + 1_000_000),
        "the year 2200": (7_258_118_400_000_000_000, 7_258_118_401_000_000_000),
        "backwards over everything": (most, 1),
    }
    with folder() as place, Node(place + "/data") as node:
        kept = Kept(node)
        for name, (start, end) in cases.items():
            trace_id = source.randbytes(16)
            one = span(source, trace_id, "odd", start_time_unix_nano=start, end_time_unix_nano=end)
            one.events.add(name="e", time_unix_nano=most)
            status = node.post("/v1/traces", trace_request([one], service="odd times").SerializeToString())[0]
            expect(f"{name}: taken", status, 200)
            records = log_request([{"trace_id": trace_id, "time_unix_nano": start, "body": name}])
            expect(f"{name}: a log record", node.post("/v1/logs", records.SerializeToString())[0], 200)
            answer = node.trace(trace_id.hex())
            shown = (answer or {"spans": [{}]})["spans"][0]
            times = (shown.get("start_time_unix_nano"), shown.get("end_time_unix_nano"))
            expect(f"{name}: times as sent", times, (str(start), str(end)))
            wanted = max(0, end - start) / 1e6
            close = abs(shown.get("duration_ms", -1) - wanted) <= max(1e-6, wanted * 1e-12)
            expect_that(f"{name}: duration in ms is {wanted}", close, shown.get("duration_ms"))
            for path in ("/api/traces/", "/api/v3/traces/"):
                expect(f"{name}: GET {path}", node.get(path + trace_id.hex())[0], 200)
            table = node.command_line("trace", "get", trace_id.hex())
            expect(f"{name}: as a table", table.returncode, 0)
        hits = node.get_json("/api/v1/traces?service=odd%20times&limit=100")["traces"]
        expect("all are found by service", len(hits), len(cases))
        hits = node.get_json(
            f"/api/v1/traces?service=odd%20times&from={START // 10**9 - 10}&to={START // 10**9 + 10}"
        )
        expect_that("a search by time leaves the far ones out", len(hits["traces"]) < len(cases), len(hits["traces"]))
        expect_that(
            "reversed spans are counted",
            node.total("neoscope_spans_reversed_total") >= 2,
            node.total("neoscope_spans_reversed_total"),
        )
        expect("the report answers", node.command_line("report", "--output", "json").returncode, 0)
        kept.check()


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
    "million_spans": million_spans,
    "hundred_thousand_span_trace": hundred_thousand_span_trace,
    "cardinality": cardinality,
    "identifiers_again": identifiers_again,
    "odd_times": odd_times,
    "odd_questions": odd_questions,
    "names_that_command": names_that_command,
}

if __name__ == "__main__":
    run(SCENARIOS)
