"""OTLP/gRPC as its specification says, and HTTP/2 as hostile or clumsy clients write it."""

import contextlib
import gzip
import socket
import struct
import time

import grpc
import h2.config
import h2.connection
import h2.events
import h2.exceptions
from checks import expect, expect_that, figure, run
from node import Node, folder, wait_until
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from otlp import gauge_request, identifiers, log_request, plain_trace, refusal, span, trace_request

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
MEBIBYTE = 1 << 20


@contextlib.contextmanager
def _channel(node, **options):
    # A fresh connection each time: grpcio otherwise shares one between channels of the same address.
    settings = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(node.otlp_grpc, options=settings, **options) as channel:
        yield channel


def _refused(call):
    """Code, Status and delay of a call that must fail."""
    try:
        call()
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        status, delay = refusal(details, "") if details else (None, None)
        return error.code(), error.details(), status, delay
    return None, None, None, None


def _check_refusal(sentence, call, code):
    got, text, status, delay = _refused(call)
    expect(f"{sentence}: code", got, code)
    expect_that(f"{sentence}: it says why", bool(text and len(text) > 10), text)
    if status is not None:
        expect(f"{sentence}: the details have the same code", status.code, code.value[0])
        expect(f"{sentence}: and the same words", status.message, text)
    return status, delay


def signals():
    """Every service takes requests, plain and compressed; answers are whole."""
    source = identifiers(40)
    trace_id, traces = plain_trace(source, 3)
    with folder() as place, Node(place + "/data") as node:
        for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
            with _channel(node, compression=compression) as channel:
                for stub, message in (
                    (TraceServiceStub, traces),
                    (MetricsServiceStub, gauge_request([({"a": "b"}, 1.0)])),
                    (LogsServiceStub, log_request([{"body": "x"}])),
                ):
                    answer = stub(channel).Export(message, timeout=20)
                    expect(f"{stub.__name__} {compression.name}", answer.HasField("partial_success"), False)
                    empty = stub(channel).Export(type(message)(), timeout=20)
                    expect("an empty request", empty.HasField("partial_success"), False)
        expect("spans", node.trace(trace_id.hex())["span_count"], 3)
        bad = trace_request([span(source, bytes(16)), span(source, trace_id, "good")])
        with _channel(node) as channel:
            partial = TraceServiceStub(channel).Export(bad, timeout=20).partial_success
        expect("rejected spans", partial.rejected_spans, 1)
        expect_that("it says why", partial.error_message != "")
        expect("accounts close", node.closed_accounts(), {})


def refusals():
    """INVALID_ARGUMENT, UNIMPLEMENTED, RESOURCE_EXHAUSTED without RetryInfo; the connection goes on."""
    with folder() as place, Node(place + "/data") as node, _channel(node) as channel:
        raw = channel.unary_unary(EXPORT)
        for name, body in (
            ("rubbish", b"\xff\xff rubbish"),
            ("cut", plain_trace(identifiers(41))[1].SerializeToString()[:-2]),
        ):
            _, delay = _check_refusal(name, lambda body=body: raw(body, timeout=20), grpc.StatusCode.INVALID_ARGUMENT)
            expect("no delay: sending again cannot help", delay, None)
        for path in ("/no.Such/Method", EXPORT + "s", "/opentelemetry.proto.collector.trace.v1.TraceService/export"):
            call = channel.unary_unary(path)
            _check_refusal(path, lambda call=call: call(b"", timeout=20), grpc.StatusCode.UNIMPLEMENTED)
        too_much = b"\x0a" + b"\xff\xff\xff\x7f" + bytes(21 * MEBIBYTE)
        status, delay = _check_refusal(
            "21 MiB", lambda: raw(too_much, timeout=30), grpc.StatusCode.RESOURCE_EXHAUSTED
        )
        expect("too large: no delay", delay, None)
        expect("too large: RetryInfo would make it retryable", len(status.details) if status else None, 0)
        packed = channel.unary_unary(EXPORT)
        _check_refusal(
            "a gzip bomb",
            lambda: packed(bytes(200 * MEBIBYTE), timeout=60, compression=grpc.Compression.Gzip),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
        )
        deflate = lambda: packed(b"", timeout=20, compression=grpc.Compression.Deflate)
        _check_refusal("deflate", deflate, grpc.StatusCode.UNIMPLEMENTED)
        trace_id, message = plain_trace(identifiers(42))
        TraceServiceStub(channel).Export(message, timeout=20)
        expect("then a good one", node.trace(trace_id.hex())["span_count"], 1)
        for reason, count in (("malformed", 2.0), ("too_large", 2.0)):
            refused = node.total("neoscope_refused_requests_total", signal="spans", reason=reason)
            expect(f"refusals are counted: {reason}", refused, count)
        wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") == 0)
        expect("no byte is held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)


def unavailable():
    """UNAVAILABLE with RetryInfo below the disk's watermark, and while too much is in flight."""
    message = plain_trace(identifiers(43))[1]
    with folder() as place, Node(place + "/data", "storage.low_disk_bytes=1000000GiB") as node:
        with _channel(node) as channel:
            _, delay = _check_refusal(
                "low disk", lambda: TraceServiceStub(channel).Export(message, timeout=20), grpc.StatusCode.UNAVAILABLE
            )
            expect_that("RetryInfo has a delay", delay is not None and delay >= 1, delay)
    limits = ("otlp.request_bytes_max=1MiB", "otlp.in_flight_bytes_max=1MiB")
    source = identifiers(44)
    trace_id = source.randbytes(16)
    large = trace_request([span(source, trace_id, "x" * 1000) for _ in range(500)])
    with folder() as place, Node(place + "/data", *limits) as node:
        with HTTP2(node) as greedy:
            stream = greedy.open()
            greedy.send(stream, struct.pack(">BI", 0, 900_000) + bytes(850_000), end=False)
            wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") >= 800_000)
            with _channel(node) as channel:
                call = lambda: TraceServiceStub(channel).Export(large, timeout=20)
                _, delay = _check_refusal("in flight", call, grpc.StatusCode.UNAVAILABLE)
                expect_that("RetryInfo has a delay", delay is not None and delay >= 1, delay)
        wait_until(lambda: node.total("neoscope_ingest_in_flight_bytes") == 0)
        expect("nothing is held after the greedy one left", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
        with _channel(node) as channel:
            TraceServiceStub(channel).Export(large, timeout=20)
        expect("then it is taken, once", node.trace(trace_id.hex())["span_count"], 500)


def concurrent_calls():
    """Twenty calls at once on one connection, many times; large messages in many DATA frames among them."""
    source = identifiers(45)
    with folder() as place, Node(place + "/data") as node, _channel(node) as channel:
        stub = TraceServiceStub(channel)
        sent = {}
        for round_number in range(10):
            calls = []
            for number in range(20):
                count = 400 if number % 10 == 0 else 3
                trace_id, message = plain_trace(source, count, name="n" * (500 if count > 3 else 5))
                sent[trace_id] = count
                calls.append(stub.Export.future(message, timeout=60))
            failed = [str(call.exception()) for call in calls if call.exception()]
            if failed:
                expect(f"round {round_number}", failed, [])
        counts = {one: node.get_json("/api/v1/traces/" + one.hex())["span_count"] for one in sent}
        expect("every span of 200 calls is there", {k.hex() for k in sent if counts[k] != sent[k]}, set())
        expect("one connection", node.total("neoscope_ingest_connections"), 1.0)
        expect("accounts close", node.closed_accounts(), {})


class HTTP2:
    """A bare HTTP/2 connection, to send what no gRPC library sends."""

    def __init__(self, node):
        self.socket = socket.create_connection(node.grpc_address(), timeout=10)
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.connection.initiate_connection()
        self.events = []
        self.flush()
        self.wait(lambda event: isinstance(event, h2.events.RemoteSettingsChanged))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.connection.data_to_send())

    def open(self, end=False, **changes):
        """Opens a stream with the headers of a gRPC call; a change to None leaves a header out."""
        headers = {
            ":method": "POST",
            ":scheme": "http",
            ":path": EXPORT,
            ":authority": "localhost",
            "content-type": "application/grpc",
            "te": "trailers",
        }
        for name, text in changes.items():
            headers[name.replace("_", "-") if not name.startswith("pseudo_") else ":" + name[7:]] = text
        stream = self.connection.get_next_available_stream_id()
        pairs = [(name, text) for name, text in headers.items() if text is not None]
        self.connection.send_headers(stream, pairs, end_stream=end)
        self.flush()
        return stream

    def send(self, stream, data, end=True, size=16384):
        """Sends a body in frames of a size, minding the window."""
        for start in range(0, len(data), size):
            part = data[start : start + size]
            while self.connection.local_flow_control_window(stream) < len(part):
                self.read()
            self.connection.send_data(stream, part, end_stream=end and start + size >= len(data))
            self.flush()
        if end and not data:
            self.connection.send_data(stream, b"", end_stream=True)
            self.flush()

    def intrude(self, stream, data):
        """Sends a DATA frame on a stream that is closed on this side too, as one that was on its way."""
        while self.connection.outbound_flow_control_window < len(data):
            self.read()
        self.socket.sendall(struct.pack(">I", len(data))[1:] + struct.pack(">BBI", 0, 0, stream) + data)
        self.connection.outbound_flow_control_window -= len(data)

    def read(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the connection was closed")
        for event in self.connection.receive_data(data):
            self.events.append(event)
            if isinstance(event, h2.events.DataReceived):
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        self.flush()

    def wait(self, matches):
        while True:
            for event in self.events:
                if matches(event):
                    return event
            self.read()

    def answer(self, stream):
        """Headers and trailers together, and the body, of a stream's answer; None as body where it was reset."""
        ends = (h2.events.StreamEnded, h2.events.StreamReset)
        last = self.wait(lambda event: isinstance(event, ends) and event.stream_id == stream)
        mine = [event for event in self.events if getattr(event, "stream_id", None) == stream]
        kinds = (h2.events.ResponseReceived, h2.events.TrailersReceived)
        headers = {}
        for event in mine:
            if isinstance(event, kinds):
                headers.update(event.headers)
        body = b"".join(event.data for event in mine if isinstance(event, h2.events.DataReceived))
        return headers, None if isinstance(last, h2.events.StreamReset) else body


def _message(body, flag=0):
    return struct.pack(">BI", flag, len(body)) + body


def framing():
    """Messages split and joined in every way; a wrong prefix is refused and the connection goes on."""
    source = identifiers(46)
    with folder() as place, Node(place + "/data") as node, HTTP2(node) as connection:
        for size in (1, 3, 1000, 16384):
            trace_id, message = plain_trace(source, 1 if size < 10 else 200)
            stream = connection.open()
            connection.send(stream, _message(message.SerializeToString()), size=size)
            headers, body = connection.answer(stream)
            expect(f"frames of {size} bytes: status", headers.get("grpc-status"), "0")
            expect(f"frames of {size} bytes: content type", headers.get("content-type"), "application/grpc")
            ExportTraceServiceResponse.FromString(body[5:])
            count = node.trace(trace_id.hex())["span_count"]
            expect(f"frames of {size} bytes: spans", count, len(message.resource_spans[0].scope_spans[0].spans))
        good = _message(plain_trace(source)[1].SerializeToString())
        stream = connection.open()
        connection.send(stream, good, end=False)
        connection.send(stream, b"", end=True)
        expect("an empty last frame", connection.answer(stream)[0].get("grpc-status"), "0")
        for name, changes, data in [
            ("no message", {}, b""),
            ("half a prefix", {}, b"\x00\x00"),
            ("a length too long", {}, struct.pack(">BI", 0, 4_000_000_000) + b"abc"),
            ("a length too short", {}, struct.pack(">BI", 0, 1) + b"abc"),
            ("two messages", {}, good + good),
            ("an unknown flag", {}, struct.pack(">BI", 7, 0)),
            ("compressed, but not said how", {}, _message(gzip.compress(good[5:]), 1)),
            ("damaged gzip", {"grpc_encoding": "gzip"}, _message(b"rubbish", 1)),
        ]:
            stream = connection.open(**changes)
            connection.send(stream, data)
            headers, _ = connection.answer(stream)
            expect_that(f"{name}: refused", headers.get("grpc-status") in ("3", "12", "13", "8"), headers)
        stream = connection.open(grpc_encoding="gzip")
        connection.send(stream, good)
        expect("gzip named, message not compressed", connection.answer(stream)[0].get("grpc-status"), "0")
        stream = connection.open(content_type="application/grpc+proto")
        connection.send(stream, good)
        expect("application/grpc+proto", connection.answer(stream)[0].get("grpc-status"), "0")
        stream = connection.open(content_type="application/json")
        connection.send(stream, good)
        headers, _ = connection.answer(stream)
        expect_that("another content type: 415", headers.get(":status") == "415", headers)
        stream = connection.open(pseudo_method="GET", end=True)
        headers, _ = connection.answer(stream)
        expect_that(
            "GET: refused", headers.get("grpc-status") not in (None, "0") or headers[":status"] == "405", headers
        )
        stream = connection.open(end=True)
        headers, _ = connection.answer(stream)
        expect_that("headers alone: refused", headers.get("grpc-status") not in (None, "0"), headers)
        stream = connection.open()
        connection.send(stream, good)
        expect("the connection still serves", connection.answer(stream)[0].get("grpc-status"), "0")
        expect("accounts close", node.closed_accounts(), {})


def abandoned():
    """Calls given up half way, connections cut, and bytes that are no HTTP/2 leave nothing behind."""
    good = _message(plain_trace(identifiers(47), 50)[1].SerializeToString())
    with folder() as place, Node(place + "/data") as node:
        with HTTP2(node) as connection:
            for _ in range(50):
                stream = connection.open()
                connection.send(stream, good[:1000], end=False)
                connection.connection.reset_stream(stream, error_code=8)
                connection.flush()
            for _ in range(50):  # reset at once after the whole message: it may be taken, it must be accounted for
                stream = connection.open()
                connection.send(stream, good)
                with contextlib.suppress(h2.exceptions.StreamClosedError):
                    connection.connection.reset_stream(stream, error_code=8)
                connection.flush()
            stream = connection.open()
            connection.send(stream, good)
            expect("the connection still serves", connection.answer(stream)[0].get("grpc-status"), "0")
        for _ in range(20):
            with HTTP2(node) as connection:
                connection.send(connection.open(), good[:2000], end=False)
        for data in (
            b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            identifiers(48).randbytes(5000),
            b"PRI * HTTP/2.0\r\n\r\nSM",
        ):
            with socket.create_connection(node.grpc_address(), timeout=10) as plain:
                plain.sendall(data)
                plain.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while plain.recv(4096):
                        pass
        wait_until(lambda: node.total("neoscope_ingest_connections") == 0)
        expect("no connection is left", node.total("neoscope_ingest_connections"), 0.0)
        expect("no byte is held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
        expect("accounts close", node.closed_accounts(), {})
        expect_that("alive and ready", node.is_ready())


def unfinished():
    """Calls that are refused while they are sent: the stream is reset, its memory is free, the connection goes on."""
    good = _message(plain_trace(identifiers(50))[1].SerializeToString())
    too_much = struct.pack(">BI", 0, 30 * MEBIBYTE) + bytes(20 * MEBIBYTE + (64 << 10))
    with folder() as place, Node(place + "/data") as node, contextlib.ExitStack() as open_connections:
        before = node.total("process_resident_memory_bytes")
        for number in range(12):
            connection = open_connections.enter_context(HTTP2(node))
            stream = connection.open()
            with contextlib.suppress(h2.exceptions.StreamClosedError):
                connection.send(stream, too_much, end=False)
            headers, _ = connection.answer(stream)
            expect(f"connection {number}: RESOURCE_EXHAUSTED", headers.get("grpc-status"), "8")
            kinds = h2.events.StreamReset
            reset = connection.wait(lambda event: isinstance(event, kinds) and event.stream_id == stream)
            expect(f"connection {number}: NO_ERROR", reset.error_code, 0)
            # What is still on its way on such a stream uses up the connection's window, and must give it back.
            for _ in range(20):
                connection.intrude(stream, bytes(MEBIBYTE))
            stream = connection.open()
            connection.send(stream, good)
            expect(f"connection {number} goes on", connection.answer(stream)[0].get("grpc-status"), "0")
        grown = (node.total("process_resident_memory_bytes") - before) / MEBIBYTE
        figure("resident memory grew by MiB", round(grown))
        expect_that("the bodies are not kept", grown < 120, grown)
        expect("no byte is held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
        burst = open_connections.enter_context(HTTP2(node))
        streams = [burst.open(pseudo_path="/no.Such/Method") for _ in range(90)]
        refused = [burst.answer(one)[0].get("grpc-status") for one in streams]
        expect("ninety calls at once are refused", refused, ["12"] * 90)
        for one in streams:
            burst.intrude(one, b"late")
        stream = burst.open()
        burst.send(stream, good)
        expect("what comes late does not cost the connection", burst.answer(stream)[0].get("grpc-status"), "0")
        expect("accounts close", node.closed_accounts(), {})
    # Who goes on without end on such a stream is cut off, as over HTTP; two windows are not too much.
    limits = ("otlp.request_bytes_max=1MiB", "otlp.in_flight_bytes_max=4MiB")
    with folder() as place, Node(place + "/data", *limits) as node, HTTP2(node) as endless, HTTP2(node) as other:
        stream = endless.open(pseudo_path="/no.Such/Method")
        expect("refused", endless.answer(stream)[0].get("grpc-status"), "12")
        sent = 0
        with contextlib.suppress(ConnectionError, TimeoutError):
            while sent < 128 * MEBIBYTE:
                endless.intrude(stream, bytes(MEBIBYTE))
                sent += MEBIBYTE
        figure("MiB sent before the end", sent // MEBIBYTE)
        expect_that("it is cut off", 32 * MEBIBYTE <= sent < 128 * MEBIBYTE, sent)
        stream = other.open()
        other.send(stream, good)
        expect("others go on", other.answer(stream)[0].get("grpc-status"), "0")


def slow_senders():
    """A connection that stalls in the middle of a message is closed after otlp.idle_timeout."""
    good = _message(plain_trace(identifiers(49))[1].SerializeToString())
    with folder() as place, Node(place + "/data", "otlp.idle_timeout=1s") as node:
        with HTTP2(node) as stalled, socket.create_connection(node.grpc_address(), timeout=10) as silent:
            stalled.send(stalled.open(), good[:-5], end=False)
            begun = time.monotonic()
            left = lambda: node.total("neoscope_ingest_connections")
            wait_until(lambda: left() == 0, 6)
            expect("connections left after six seconds", left(), 0.0)
            expect("bytes held", node.total("neoscope_ingest_in_flight_bytes"), 0.0)
            expect_that("not before its time", time.monotonic() - begun > 0.8)
            silent.close()


SCENARIOS = {
    "signals": signals,
    "refusals": refusals,
    "unavailable": unavailable,
    "concurrent_calls": concurrent_calls,
    "framing": framing,
    "abandoned": abandoned,
    "unfinished": unfinished,
    "slow_senders": slow_senders,
}

if __name__ == "__main__":
    run(SCENARIOS)
