"""neoscope load as a client of other people's servers: where it sends, what it sends along, how long it lasts."""

import collections
import concurrent.futures
import contextlib
import http.server
import json
import threading
import time

import grpc
from checks import expect, expect_that, figure, run
from node import Node, folder, run_program
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

# One connection and small requests, so that each signal is sent many times in a second.
QUICK = ("--duration", "1s", "--rate", "400", "--batch", "5", "--connections", "1")


@contextlib.contextmanager
def _web_server():
    """A server that takes everything: its URL, and for each path the headers of the last request and a count."""
    seen = {}
    counts = collections.Counter()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            seen[self.path] = {name.lower(): text for name, text in self.headers.items()}
            counts[self.path] += 1
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen, counts
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _grpc_server():
    """A gRPC server that takes every call: its URL, and for each method the metadata of the last call."""
    seen = {}

    class Handler(grpc.GenericRpcHandler):
        def service(self, details):
            seen[details.method] = dict(details.invocation_metadata)
            answer = lambda *_: ExportTraceServiceResponse().SerializeToString()
            return grpc.unary_unary_rpc_method_handler(answer)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[Handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", seen
    finally:
        server.stop(0)


def _load(*arguments, **environment):
    result = run_program("load", *QUICK, "--output", "json", *arguments, environment=environment)
    expect(f"load {' '.join(arguments)}: exit code", (result.returncode, result.stderr), (0, b""))


def paths():
    """A base URL keeps its path; an endpoint of one signal is used as it stands, and may be another server's."""
    everything = {"/v1/traces", "/v1/metrics", "/v1/logs"}
    for base in ("", "/", "/otlp", "/otlp/", "/a/b%20c"):
        with _web_server() as (url, seen, _):
            _load("--endpoint", url + base)
            expect(f"--endpoint URL{base}", set(seen), {base.rstrip("/") + path for path in everything})
    with _web_server() as (url, seen, _):
        _load(OTEL_EXPORTER_OTLP_ENDPOINT=url + "/gateway/")
        expect("OTEL_EXPORTER_OTLP_ENDPOINT", set(seen), {"/gateway" + path for path in everything})
    with _web_server() as (url, seen, _):
        _load("--endpoint", url + "/otlp?key=1")
        expect("a query stays behind the path", set(seen), {f"/otlp{path}?key=1" for path in everything})
    with _web_server() as (url, seen, _), _web_server() as (other, seen_by_other, _):
        own = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": other + "/in/spans", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": other}
        _load(OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT="", **own)
        expect("what has no endpoint of its own goes to the base", set(seen), {"/v1/metrics"})
        expect("what has one goes there, and no path is added", set(seen_by_other), {"/in/spans", "/"})
    with _web_server() as (url, seen, _), _web_server() as (other, seen_by_other, _):
        _load("--endpoint", url, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=other)
        expect("--endpoint beats the environment", (set(seen), set(seen_by_other)), (everything, set()))
    for wrong in ("ftp://a", "http://", "http://a b"):
        result = run_program("load", "--endpoint", wrong)
        expect(f"--endpoint {wrong}: exit code", result.returncode, 2)
    result = run_program("load", "--protocol", "grpc", "--endpoint", "http://127.0.0.1:1/otlp")
    expect("gRPC has no paths: exit code", result.returncode, 2)
    expect_that("and that is said", b"path" in result.stderr, result.stderr)


def headers():
    """OTEL_EXPORTER_OTLP_HEADERS goes along, percent-decoded; a signal's own takes its place."""
    common = "Authorization=Bearer%20a%3Db%2Cc, x-tenant = t1 ,,x-empty="
    with _web_server() as (url, seen, _):
        _load("--endpoint", url, OTEL_EXPORTER_OTLP_HEADERS=common, OTEL_EXPORTER_OTLP_LOGS_HEADERS="x-tenant=logs")
        for path in ("/v1/traces", "/v1/metrics"):
            got = {name: seen.get(path, {}).get(name) for name in ("authorization", "x-tenant", "x-empty")}
            expect(f"{path}: headers", got, {"authorization": "Bearer a=b,c", "x-tenant": "t1", "x-empty": ""})
        logs = seen.get("/v1/logs", {})
        expect("logs: their own", (logs.get("x-tenant"), logs.get("authorization")), ("logs", None))
    with _web_server() as (url, seen, _):
        _load("--endpoint", url, "--gzip", OTEL_EXPORTER_OTLP_HEADERS="content-type=text/plain,content-encoding=br")
        got = seen.get("/v1/traces", {})
        told = (got.get("content-type"), got.get("content-encoding"))
        expect("how the body is to be read cannot be changed", told, ("application/x-protobuf", "gzip"))
    with _grpc_server() as (url, seen):
        _load("--endpoint", url, "--protocol", "grpc", OTEL_EXPORTER_OTLP_HEADERS=common)
        for service in ("trace.v1.TraceService", "metrics.v1.MetricsService", "logs.v1.LogsService"):
            got = seen.get(f"/opentelemetry.proto.collector.{service}/Export", {})
            told = (got.get("authorization"), got.get("x-tenant"))
            expect(f"gRPC {service}: metadata", told, ("Bearer a=b,c", "t1"))
    for wrong in ("secret", "=secret", "a b=secret", "a=%zzsecret", "a=secret%0d%0ax-other:1", "a=secret,b"):
        result = run_program("load", "--duration", "1s", environment={"OTEL_EXPORTER_OTLP_HEADERS": wrong})
        expect(f"{wrong!r}: exit code", result.returncode, 2)
        named = b"OTEL_EXPORTER_OTLP_HEADERS" in result.stderr
        expect_that(f"{wrong!r}: it is named", named, result.stderr)
    expect_that("no value is printed", b"secret" not in result.stderr, result.stderr)


def pace():
    """A load lasts as long as it was asked to, and its rate holds over that time, however few requests that is."""
    with folder() as place, Node(place + "/data") as node:
        for rate, wanted in ((10, 10), (100, 100), (500, 500)):
            begun = time.monotonic()
            result = run_program(
                "load", "--endpoint", node.otlp_http, "--rate", str(rate), "--duration", "1s", "--output", "json"
            )
            seconds = time.monotonic() - begun
            answer = json.loads(result.stdout)
            figure(f"--rate {rate}: seconds, items/s", [round(answer["seconds"], 3), round(answer["items_per_second"])])
            expect_that(f"--rate {rate}: it lasts a second", 1 <= answer["seconds"] < 4, answer)
            expect_that(f"--rate {rate}: and says so", answer["seconds"] <= seconds, (answer, seconds))
            sent = sum(answer["accepted"].values())
            expect(f"--rate {rate}: items", sent, wanted)
            told = answer["items_per_second"]
            expect_that(f"--rate {rate}: it tells the rate over that time", told <= rate * 1.01, answer)
        fast = run_program("load", "--endpoint", node.otlp_http, "--rate", "0", "--duration", "1s", "--output", "json")
        answer = json.loads(fast.stdout)
        expect_that("as fast as answers come: a second too", 1 <= answer["seconds"] < 4, answer)


SCENARIOS = {"paths": paths, "headers": headers, "pace": pace}

if __name__ == "__main__":
    run(SCENARIOS)
