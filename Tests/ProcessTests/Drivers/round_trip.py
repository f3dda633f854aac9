"""What an OpenTelemetry SDK sends comes back, attribute for attribute, from every reading interface."""

import json
import logging
import subprocess
import time

from checks import expect, expect_that, run
from clustered import cluster
from node import Node, folder, wait_until
from opentelemetry import trace as trace_api
from opentelemetry._logs import SeverityNumber
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GRPCLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GRPCMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HTTPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HTTPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider, UpDownCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState
from otlp import START, from_otlp_json, identifiers, placed_spans, plain_trace, span, to_otlp_json, trace_request
from views import canonical, legacy_answer, legacy_span, seed_answer, seed_span

logging.disable(logging.WARNING)

DELTA, CUMULATIVE = AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE

EVERY_VALUE = {
    "text": "plain",
    "text.unicode": "Grüße, 世界, 🦊, \u202eעברית, e\u0301",
    "text.odd": 'quote " backslash \\ slash / newline \n tab \t bell \x07 nul \x00 del \x7f',
    "text.markup": "</script><b>&amp;{{x}}",
    "text.empty": "",
    "text.long": "x" * 20_000,
    "flag.true": True,
    "flag.false": False,
    "integer.zero": 0,
    "integer.negative": -17,
    "integer.max": 2**63 - 1,
    "integer.min": -(2**63),
    "integer.beyond.javascript": 2**53 + 1,
    "double": 0.1,
    "double.whole": 3.0,
    "double.negative.zero": -0.0,
    "double.tiny": 5e-324,
    "double.huge": 1.7976931348623157e308,
    "double.nan": float("nan"),
    "double.infinite": float("-inf"),
    "bytes": bytes(range(256)),
    "bytes.empty": b"",
    "texts": ["a", "", "ü"],
    "texts.empty": [],
    "flags": [True, False],
    "integers": [1, -2, 2**62],
    "doubles": [0.5, 2.0],
    "ключ с пробелами": "key in another script",
}


class Remembering(SpanExporter):
    """Passes spans on, and remembers them and the answers."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.spans = []
        self.results = []

    def export(self, spans):
        self.spans.extend(spans)
        self.results.append(self.exporter.export(spans).name)
        return getattr(type(self), "_success", None) or _success()

    def shutdown(self):
        self.exporter.shutdown()


def _success():
    from opentelemetry.sdk.trace.export import SpanExportResult

    return SpanExportResult.SUCCESS


def _resource():
    return Resource.create(
        {"service.name": "bestellung-ü", "service.version": "1.2.3", "host.name": "a", "list": ["x", "y"], "n": 7},
        schema_url="https://opentelemetry.io/schemas/1.30.0",
    )


def _work(tracer):
    """Two traces with everything that the SDK can say."""
    state = TraceState([("vendor", "opaque value"), ("ot", "rv:123456789abcde")])
    remote = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
    parent = trace_api.set_span_in_context(trace_api.NonRecordingSpan(remote))
    with tracer.start_as_current_span("every value", context=parent, attributes=EVERY_VALUE) as one:
        one.add_event("event with values", EVERY_VALUE, timestamp=START)
        one.add_event("")
        one.add_event("bare", timestamp=0)
        with tracer.start_as_current_span("", kind=SpanKind.CLIENT) as nameless:
            nameless.set_status(Status(StatusCode.OK))
    other = SpanContext(0x123, 0x456, is_remote=False, trace_flags=TraceFlags(1), trace_state=state)
    links = [Link(other, {"why": "batch", "n": 1}), Link(remote)]
    with tracer.start_as_current_span("root", kind=SpanKind.SERVER, links=links):
        for kind in SpanKind:
            with tracer.start_as_current_span(f"kind {kind.name}", kind=kind) as child:
                child.set_attribute("kind", kind.name)
        try:
            with tracer.start_as_current_span("failing"):
                raise ValueError("expected: dreißig")
        except ValueError:
            pass
        with tracer.start_as_current_span("error without words") as silent:
            silent.set_status(Status(StatusCode.ERROR))
        for number in range(40):
            with tracer.start_as_current_span("loop", attributes={"i": number}):
                pass


def _compare(node, sent):
    """Holds every answer of the program against what was sent."""
    by_trace = {}
    for group in sent.resource_spans:
        for inner in group.scope_spans:
            for one in inner.spans:
                by_trace.setdefault(one.trace_id.hex(), []).append((one, group, inner))
    for trace_id, spans in by_trace.items():
        _compare_seed(node, trace_id, spans)
        _compare_v3(node, trace_id, spans)
        _compare_legacy(node, trace_id, spans)
    return by_trace


def _by_id(pairs):
    return dict(sorted(pairs))


def _compare_each(where, wanted, got):
    expect(f"{where}: exactly the spans that were sent", sorted(got), sorted(wanted))
    for identifier in wanted:
        for member, thing in wanted[identifier].items():
            seen = got.get(identifier, {}).get(member)
            if canonical(seen) != canonical(thing):
                expect(f"{where}: {member} of the span {wanted[identifier].get('operation_name')}", seen, thing)
    expect_that(f"{where}: every member compared", True)


def _compare_seed(node, trace_id, spans):
    answer = node.trace(trace_id)
    expect_that(f"trace get knows {trace_id}", answer is not None)
    expect("trace get: the trace id", answer["trace_id"], trace_id)
    expect("trace get: no duplicate", answer["duplicate_spans"], 0)
    wanted = _by_id((one.span_id.hex(), seed_span(one, group, inner)) for one, group, inner in spans)
    got = _by_id((one["span_id"], seed_answer(one)) for one in answer["spans"])
    expect("trace get: how many spans", len(answer["spans"]), len(spans))
    _compare_each("trace get", wanted, got)


def _compare_v3(node, trace_id, spans):
    result = node.get_json(f"/api/v3/traces/{trace_id}")["result"]
    got = placed_spans(from_otlp_json(result))
    wanted = {}
    for one, group, inner in spans:
        around = (
            group.resource.SerializeToString(deterministic=True),
            group.schema_url,
            inner.scope.SerializeToString(deterministic=True),
            inner.schema_url,
        )
        wanted[one.span_id] = [(one.SerializeToString(deterministic=True), around)]
    expect("Jaeger v3: exactly the spans that were sent", sorted(got), sorted(wanted))
    for identifier, content in wanted.items():
        if got.get(identifier) != content:
            expect(f"Jaeger v3: the span {identifier.hex()} byte for byte", got.get(identifier), content)
    expect_that("Jaeger v3: every byte compared", True)


def _compare_legacy(node, trace_id, spans):
    answer = node.get_json(f"/api/traces/{trace_id}")
    expect("Jaeger: one trace", len(answer["data"]), 1)
    expect("Jaeger: no error", answer["errors"], None)
    processes = answer["data"][0]["processes"]
    got = _by_id((one["spanID"], legacy_answer(one, processes)) for one in answer["data"][0]["spans"])
    wanted = _by_id((one.span_id.hex(), legacy_span(one, group, inner)) for one, group, inner in spans)
    _compare_each("Jaeger", wanted, got)


def _sdk_traces(make_exporter):
    with folder() as place, Node(place + "/data") as node:
        exporter = Remembering(make_exporter(node))
        provider = TracerProvider(resource=_resource())
        provider.add_span_processor(BatchSpanProcessor(exporter, max_export_batch_size=16))
        _work(provider.get_tracer("tested.scope", "0.9", "https://schema/scope", {"scope.attribute": "yes", "n": 1}))
        _work(provider.get_tracer("other.scope"))
        provider.shutdown()
        expect_that("the SDK was told success each time", set(exporter.results) == {"SUCCESS"}, exporter.results)
        expect_that("the SDK sent several batches", len(exporter.results) > 3, exporter.results)
        by_trace = _compare(node, encode_spans(exporter.spans))
        for found in _searches(node, by_trace):
            expect("a search by service finds every trace", sorted(found), sorted(by_trace))
        expect("the service is listed", node.get_json("/api/v1/services")["services"], ["bestellung-ü"])
        expect(
            "spans that came in",
            node.total("neoscope_items_in_total", signal="spans", stage="edge"),
            float(len(exporter.spans)),
        )
        expect("accounts close", node.closed_accounts(), {})


def _searches(node, by_trace):
    """The trace ids that each search interface finds."""
    yield [hit["trace_id"] for hit in node.get_json("/api/v1/traces?service=bestellung-%C3%BC&limit=50")["traces"]]
    legacy = node.get_json("/api/traces?service=bestellung-%C3%BC&limit=50")
    yield [one["traceID"] for one in legacy["data"]]
    window = "query.start_time_min=1970-01-01T00:00:00Z&query.start_time_max=2100-01-01T00:00:00Z"
    path = f"/api/v3/traces?query.service_name=bestellung-%C3%BC&query.num_traces=50&{window}"
    result = from_otlp_json(node.get_json(path)["result"])
    yield {one.trace_id.hex() for group in result.resource_spans for s in group.scope_spans for one in s.spans}


def http_protobuf():
    _sdk_traces(lambda node: HTTPSpanExporter(endpoint=node.otlp_http + "/v1/traces"))


def http_gzip():
    _sdk_traces(lambda node: HTTPSpanExporter(endpoint=node.otlp_http + "/v1/traces", compression=Compression.Gzip))


def grpc():
    _sdk_traces(lambda node: GRPCSpanExporter(endpoint=node.otlp_grpc, insecure=True))


def json_by_curl():
    """OTLP/JSON by curl, with nested values that the SDK cannot make."""
    source = identifiers(1)
    nested = {"map": {"inner": [1, "two", {"three": b"3"}], "empty": {}}, "bytes": {"bytes": "text"}, "none": None}
    trace_id = source.randbytes(16)
    spans = [
        span(
            source, trace_id, "nested", attributes={**EVERY_VALUE, **nested, "deep": _nest(20)}, kind=2, flags=0x301
        ),
        span(source, trace_id, "dropped", dropped_attributes_count=3, dropped_events_count=2, dropped_links_count=1),
    ]
    sent = trace_request(spans, service="curl", resource=nested)
    with folder() as place, Node(place + "/data") as node:
        for extra in ([], ["-H", "Content-Encoding: gzip"]):
            path = f"{place}/body{len(extra)}.json"
            with open(path, "w", encoding="utf-8") as file:
                json.dump(to_otlp_json(sent), file)
            if extra:
                subprocess.run(["gzip", "-f", path], check=True)
                path += ".gz"
            result = subprocess.run(
                ["curl", "-sS", "-i", "--max-time", "30", "-H", "Content-Type: application/json", *extra]
                + ["--data-binary", "@" + path, node.otlp_http + "/v1/traces"],
                capture_output=True,
                check=True,
            )
            head, body = result.stdout.split(b"\r\n\r\n")[-2:]
            expect("curl: status", head.split()[1], b"200")
            expect_that("curl: the answer is JSON", b"application/json" in head.lower(), head)
            expect("curl: an empty object", json.loads(body), {})
        # The same request twice: every span is there once, and the second is told as a duplicate.
        answer = node.trace(trace_id.hex())
        expect("spans", answer["span_count"], 2)
        expect("duplicates of the second request", answer["duplicate_spans"], 2)
    with folder() as place, Node(place + "/data") as node:
        node.post("/v1/traces", json.dumps(to_otlp_json(sent)).encode(), "application/json")
        _compare(node, sent)


def _nest(depth):
    inner = "bottom"
    for level in range(depth):
        inner = [inner] if level % 2 else {"level": inner}
    return inner


def json_leniency():
    """What the specification lets a sender of OTLP/JSON do."""
    text = """ {"resourceSpans":[{"unknownMember":{"a":[1,{"b":null}]},"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"lenient"}}]},"scopeSpans":[{"scope":null,"spans":[{
        "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","name":"\\u00fc\\ud83e\\udd8a",
        "kind":2,"startTimeUnixNano":1790000000000000000,"endTimeUnixNano":"1790000001000000000","attributes":[
        {"key":"number","value":{"intValue":42}},{"key":"text","value":{"intValue":"-42"}},
        {"key":"exponent","value":{"doubleValue":1e3}},{"key":"nan","value":{"doubleValue":"NaN"}},
        {"key":"half","value":{"doubleValue":"0.5"}}],"status":{},"futureMember":true}]}]}]} """
    with folder() as place, Node(place + "/data") as node:
        status, _, body = node.post("/v1/traces", text.encode(), "application/json; charset=utf-8")
        expect("the request is taken", (status, body), (200, b"{}"))
        answer = node.trace("5b8efff798038103d269b633813fc60c")
        expect_that("ids in capitals are found in small letters", answer is not None)
        one = answer["spans"][0]
        expect("name", one["operation_name"], "ü🦊")
        wanted = {"number": 42, "text": -42, "exponent": 1000.0, "nan": {"double": "NaN"}, "half": 0.5}
        expect("values", canonical(one["tags"]), canonical(wanted))
        expect("an id in capitals in the query", node.get("/api/v1/traces/5B8EFFF798038103D269B633813FC60C")[0], 200)


def _sdk_metrics(node, exporter):
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    view = View(instrument_name="tested.exponential", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider([reader], resource=_resource(), views=[view])
    meter = provider.get_meter("tested.meter", "1")
    requests = meter.create_counter("tested.requests", unit="{request}", description="Requests.")
    active = meter.create_up_down_counter("tested.active")
    plain = meter.create_histogram("tested.duration", unit="s")
    exponential = meter.create_histogram("tested.exponential", unit="s")
    level = meter.create_gauge("tested.level")
    meter.create_observable_gauge("tested.observed", [lambda _: [_observation(0.25), _observation(0.5, b="c")]])
    for route in ("/a", "/b"):
        requests.add(3, {"route": route})
        active.add(-1, {"route": route})
        for step in range(5):
            plain.record(0.01 * step, {"route": route})
            exponential.record(0.02 * step, {"route": route})
    level.set(0.75)

    provider.shutdown()
    return 2 * 4 + 1 + 2


def _observation(number, **attributes):
    from opentelemetry.metrics import Observation

    return Observation(number, attributes)


def _sdk_logs(exporter):
    provider = LoggerProvider(resource=_resource())
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("tested.logger", "2")
    for number, body in enumerate(["plain", "ü🦊", {"nested": [1, 2.0, {"a": True}]}, ["x"], 7, None]):
        logger.emit(
            LogRecord(
                timestamp=START + number,
                observed_timestamp=START + 100 + number,
                context=None,
                severity_number=SeverityNumber.WARN,
                severity_text="WARN",
                body=body,
                attributes={"number": number, **({"exception.type": "E"} if number == 1 else {})},
                event_name="tested.event" if number == 2 else None,
            )
        )
    provider.shutdown()
    return 6


def _metrics_and_logs(make_metrics, make_logs):
    with folder() as place, Node(place + "/data") as node:
        points = _sdk_metrics(node, make_metrics(node))
        records = _sdk_logs(make_logs(node))
        for signal, count in (("points", points), ("logs", records)):
            wait_until(lambda: node.total("neoscope_items_out_total", signal=signal, stage="store") >= count)
            came = node.total("neoscope_items_in_total", signal=signal, stage="edge")
            expect(f"{signal} that came in", came, float(count))
            out = node.total("neoscope_items_out_total", signal=signal, stage="store")
            expect(f"{signal} that are safe", out, float(count))
        answer = node.get_json("/api/v1/logs?service=bestellung-%C3%BC&limit=100")["logs"]
        expect("log records found by service", len(answer), records)
        numbers = sorted(record["attributes"]["number"] for record in answer)
        expect("each with its attributes", numbers, list(range(records)))
        bodies = {record["attributes"]["number"]: record["body"] for record in answer}
        wanted = {0: "plain", 1: "ü🦊", 2: {"nested": [1, 2.0, {"a": True}]}, 3: ["x"], 4: 7, 5: None}
        expect("and its body", canonical(bodies), canonical(wanted))
        found = node.get_json("/api/v1/logs?service=bestellung-%C3%BC&min_severity=17")["logs"]
        expect("none is an error", found, [])
        expect("accounts close", node.closed_accounts(), {})
        query = lambda: json.loads(
            node.command_line("metrics", "query", "tested.requests", "--since", "1h", "--output", "json").stdout
        )
        found = wait_until(lambda: [line for line in query().get("series", []) if line["points"]], 15, 0.5)
        expect_that("metrics query finds a metric that a client sent", bool(found), query())


class _Process:
    """A process of a service with an SDK of its own, and what it measured."""

    def __init__(self, agent, temporality, over_grpc):
        preferred = {kind: temporality for kind in (Counter, UpDownCounter, Histogram)}
        if over_grpc:
            exporter = GRPCMetricExporter(endpoint=agent.otlp_grpc, insecure=True, preferred_temporality=preferred)
        else:
            exporter = HTTPMetricExporter(endpoint=agent.otlp_http + "/v1/metrics", preferred_temporality=preferred)
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        view = View(instrument_name="totals.exponential", aggregation=ExponentialBucketHistogramAggregation())
        self.provider = MeterProvider([reader], resource=Resource.create({"service.name": "totals"}), views=[view])
        meter = self.provider.get_meter("tested.meter")
        self.kind = temporality.name.lower()
        self.counter = meter.create_counter("totals.counter")
        self.plain = meter.create_histogram("totals.plain")
        self.exponential = meter.create_histogram("totals.exponential")

    def work(self, source, sums):
        labels = {"kind": self.kind}
        for _ in range(source.randrange(1, 20)):
            number, whole = source.randrange(1, 1 << 40) / 1024, source.randrange(0, 1 << 45)
            self.counter.add(whole, labels)
            self.plain.record(number, labels)
            # The SDK records nothing below zero.
            self.exponential.record(number, labels)
            for name, step in (("counter", whole), ("plain", 1), ("exponential", 1)):
                sums[name, self.kind] = sums.get((name, self.kind), 0) + step


def sdk_totals():
    """Processes of one service, of both temporalities, started anew in between: the same exact totals on each node."""
    source, sums = identifiers(7), {}
    with folder() as place, cluster(place, nodes=3, agents=1) as (nodes, agents):
        make = lambda n: _Process(agents[0], (DELTA, CUMULATIVE)[n % 2], over_grpc=n // 2 % 2 == 1)
        processes = [make(number) for number in range(4)]
        for round in range(6):
            for number, process in enumerate(processes):
                process.work(source, sums)
                expect_that("the SDK exports", process.provider.force_flush())
                if source.randrange(4) == 0:
                    process.provider.shutdown()
                    processes[number] = make(number)
            # Their points lie in several windows.
            time.sleep(2.5)
        for process in processes:
            process.work(source, sums)
            process.provider.shutdown()

        def found(node):
            totals = {}
            for name, field in (("counter", "sum"), ("plain", "count"), ("exponential", "count")):
                output = node.command_line("metrics", "query", "totals." + name, "--by", "kind", "--output", "json")
                for line in json.loads(output.stdout).get("series", []):
                    totals[name, line["labels"]["kind"]] = sum(point[field] for point in line["points"])
            return totals

        for node in nodes:
            wait_until(lambda: found(node) == sums, 30, 0.5)
            expect(f"{node.name}: totals are what the SDKs were told", found(node), sums)
        _latest(nodes, agents[0], make)


def _latest(nodes, agent, make):
    """The newest window, from what nodes gossip: the same on each node without asking another one."""
    process, sums = make(1), {}
    # Early in a window, so that all lies in one.
    time.sleep(10.5 - time.time() % 10)
    process.work(identifiers(8), sums)
    process.provider.shutdown()
    wanted = [(sums["counter", "cumulative"], False)]

    def found(node):
        output = node.command_line("metrics", "latest", "totals.counter", "--by", "kind", "--output", "json")
        return [(line["value"]["sum"], line["unsettled"]) for line in json.loads(output.stdout)["series"]]

    for node in nodes:
        expect(f"{node.name}: the newest window", wait_until(lambda: found(node) == wanted, 25, 0.2), True)


def metrics_and_logs_http():
    _metrics_and_logs(
        lambda node: HTTPMetricExporter(endpoint=node.otlp_http + "/v1/metrics"),
        lambda node: HTTPLogExporter(endpoint=node.otlp_http + "/v1/logs"),
    )


def metrics_and_logs_http_gzip():
    _metrics_and_logs(
        lambda node: HTTPMetricExporter(endpoint=node.otlp_http + "/v1/metrics", compression=Compression.Gzip),
        lambda node: HTTPLogExporter(endpoint=node.otlp_http + "/v1/logs", compression=Compression.Gzip),
    )


def metrics_and_logs_grpc():
    _metrics_and_logs(
        lambda node: GRPCMetricExporter(endpoint=node.otlp_grpc, insecure=True),
        lambda node: GRPCLogExporter(endpoint=node.otlp_grpc, insecure=True),
    )


def logs_of_a_trace():
    """Log records that name a trace come with it."""
    from otlp import log_request

    source = identifiers(2)
    trace_id, request = plain_trace(source, 2)
    records = [
        {
            "trace_id": trace_id,
            "span_id": source.randbytes(8),
            "body": f"record {number}",
            "severity_number": 9,
            "time_unix_nano": START + number,
        }
        for number in range(5)
    ]
    with folder() as place, Node(place + "/data") as node:
        node.post("/v1/traces", request.SerializeToString())
        node.post("/v1/logs", log_request(records).SerializeToString())
        answer = node.trace(trace_id.hex())
        expect("trace get tells their number", answer["log_count"], 5)
        expect("and has them", sorted(log["body"] for log in answer["logs"]), [f"record {n}" for n in range(5)])
        found = node.get_json(f"/api/v1/logs?trace={trace_id.hex()}")["logs"]
        expect("they are found by trace", len(found), 5)


SCENARIOS = {
    "http_protobuf": http_protobuf,
    "http_gzip": http_gzip,
    "grpc": grpc,
    "json_by_curl": json_by_curl,
    "json_leniency": json_leniency,
    "metrics_and_logs_http": metrics_and_logs_http,
    "metrics_and_logs_http_gzip": metrics_and_logs_http_gzip,
    "metrics_and_logs_grpc": metrics_and_logs_grpc,
    "logs_of_a_trace": logs_of_a_trace,
    "sdk_totals": sdk_totals,
}

if __name__ == "__main__":
    run(SCENARIOS)
