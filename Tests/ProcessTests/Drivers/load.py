"""A loader that keeps exactly what was acknowledged, and what it never heard of again."""

import http.client
import json
import random
import threading

import grpc
from node import exchange
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from otlp import gauge_request, log_request, span, trace_request

SERVICE = "loaded"


class Loader:
    """Sends from several threads until it is stopped, over HTTP, gzip and gRPC, traces, logs and points."""

    def __init__(self, node, seed, threads=4, spans_per_trace=20):
        self.node = node
        self.spans_per_trace = spans_per_trace
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.acknowledged = {}  # trace id: span ids
        self.unanswered = {}  # trace id: (span ids, the request)
        self.refused = {}  # trace id: status
        self.logs = 0
        self.points = 0
        self.threads = [threading.Thread(target=self._run, args=(seed * 1000 + n, n)) for n in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        """Ends the load; a thread ends with its connection too."""
        self.ended.set()
        for thread in self.threads:
            thread.join(60)

    def _run(self, seed, number):
        source = random.Random(seed)
        send = self._grpc_sender() if number % 4 == 3 else self._http_sender(compress=number % 4 == 2)
        while not self.ended.is_set():
            trace_id = source.randbytes(16)
            spans = [
                span(source, trace_id, f"operation {n % 7}", attributes={"text": source.randbytes(150).hex(), "n": n})
                for n in range(source.randrange(1, self.spans_per_trace * 2))
            ]
            body = trace_request(spans, service=SERVICE).SerializeToString()
            identifiers = {one.span_id for one in spans}
            try:
                status = send(body)
            except (OSError, http.client.HTTPException, grpc.RpcError) as error:
                code = getattr(error, "code", lambda: None)()
                with self.lock:
                    if code in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INVALID_ARGUMENT):
                        self.refused[trace_id] = code
                    else:
                        self.unanswered[trace_id] = (identifiers, body)
                if self.node.is_alive() and code == grpc.StatusCode.UNAVAILABLE:
                    continue
                return
            with self.lock:
                if status == 200:
                    self.acknowledged[trace_id] = identifiers
                else:
                    self.refused[trace_id] = status

    def _http_sender(self, compress):
        connection = http.client.HTTPConnection(*self.node.http_address(), timeout=30)
        count = 0

        def send(body):
            nonlocal count
            count += 1
            status = exchange(connection, "POST", "/v1/traces", body, "application/x-protobuf", compress=compress)[0]
            if count % 5 == 0:
                self._others(connection)
            return status

        return send

    def _others(self, connection):
        """Logs and points beside the spans."""
        records = log_request([{"body": "line", "severity_number": 9}] * 3, service=SERVICE).SerializeToString()
        if exchange(connection, "POST", "/v1/logs", records, "application/x-protobuf")[0] == 200:
            with self.lock:
                self.logs += 3
        points = gauge_request([({"a": "b"}, 1.0), ({"a": "c"}, 2.0)], service=SERVICE).SerializeToString()
        if exchange(connection, "POST", "/v1/metrics", points, "application/x-protobuf")[0] == 200:
            with self.lock:
                self.points += 2

    def _grpc_sender(self):
        channel = grpc.insecure_channel(self.node.otlp_grpc, options=[("grpc.use_local_subchannel_pool", 1)])
        stub = TraceServiceStub(channel)

        def send(body):
            stub.Export(ExportTraceServiceRequest.FromString(body), timeout=30)
            return 200

        return send


def span_count(traces):
    return sum(len(identifiers) for identifiers in traces.values())


def lost_or_twice(node, traces, resent=()):
    """What is wrong with traces that must be there: spans missing, spans twice, duplicates of nothing resent."""
    wrong = {}
    for trace_id, identifiers in traces.items():
        status, body = node.get("/api/v1/traces/" + trace_id.hex())
        if status != 200:
            wrong[trace_id.hex()] = f"status {status}"
            continue
        answer = json.loads(body)
        found = [one["span_id"] for one in answer["spans"]]
        if sorted(found) != sorted(one.hex() for one in identifiers):
            wrong[trace_id.hex()] = f"{len(identifiers)} sent, {len(found)} found, {len(set(found))} different"
        elif answer["duplicate_spans"] and trace_id not in resent:
            wrong[trace_id.hex()] = f"{answer['duplicate_spans']} duplicates"
    return wrong
