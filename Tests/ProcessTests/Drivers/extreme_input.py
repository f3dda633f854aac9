"""What is valid and yet extreme: very much, very many, twice, and at impossible times."""

import json
import random
import struct
import time

from checks import expect, expect_that, figure, run
from kept import Kept
from node import Node, folder, wait_until
from otlp import START, accepted, gauge_request, identifiers, log_request, span, trace_request
from wire import delimited

MEBIBYTE = 1 << 20


def million_spans():
    """A million spans in one request: too large by default, taken where the limit allows it."""
    source = random.Random(5)
    trace_id = source.randbytes(16)
    scope = bytearray()
    for number in range(1_000_000):
        scope += b"\x12\x1c\x0a\x10" + trace_id + b"\x12\x08" + struct.pack(">Q", number + 1)
    large = b"\x0a" + delimited(b"\x12" + delimited(bytes(scope)))
    empty = b"\x0a" + delimited(b"\x12" + delimited(b"\x12\x00" * 1_000_000))
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
        bodies = []
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
                bodies.append((path, request.SerializeToString()))
        begun = time.time()
        for path, body in bodies:
            status, _, body = node.post(f"/v1/{path}", body)
            if (status, body) != (200, b""):
                expect("everything is taken", (status, body), (200, b""))
        # The limits hold for each window of ten seconds; a slow machine needs more than one.
        windows = int(time.time() // 10) - int(begun // 10) + 1
        figure("windows that were filled", windows)
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
            expect_that(f"{service}: at most 500 series", 0 < len(mine) <= 500 * windows + 1, len(mine))
        counted = sum(point["count"] for one in lines or [] for point in one["points"])
        expect("and no span is lost from the counts", counted, 30_005)
        gauges = query("tested.gauge")
        expect_that("a client's metric: at most 500 series, and an overflow", 0 < len(gauges) <= 500 * windows + 1, len(gauges))
        expect_that("its overflow series is shown", "otel.metric.overflow" in json.dumps(gauges))
        own = {one["labels"].get("service.name") for one in lines or []}
        expect_that("at most 2,000 services have series of their own", len(own) <= 2000 * windows + 2, len(own))
        status, page = node.get("/metrics")
        figure("bytes of /metrics", len(page))
        expect_that("/metrics stays small", status == 200 and len(page) < 16 * MEBIBYTE, len(page))
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


SCENARIOS = {
    "million_spans": million_spans,
    "hundred_thousand_span_trace": hundred_thousand_span_trace,
    "cardinality": cardinality,
    "identifiers_again": identifiers_again,
    "odd_times": odd_times,
}

if __name__ == "__main__":
    run(SCENARIOS)
