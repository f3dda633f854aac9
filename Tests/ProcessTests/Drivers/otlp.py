"""OTLP messages for the scenarios, and the answers of the program read back into messages."""

import base64
import random

from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

START = 1_790_000_000_000_000_000
ID_FIELDS = ("traceId", "spanId", "parentSpanId")


def value(thing):
    """An AnyValue of a Python value; None is the empty one."""
    result = AnyValue()
    if isinstance(thing, bool):
        result.bool_value = thing
    elif isinstance(thing, int):
        result.int_value = thing
    elif isinstance(thing, float):
        result.double_value = thing
    elif isinstance(thing, str):
        result.string_value = thing
    elif isinstance(thing, bytes):
        result.bytes_value = thing
    elif isinstance(thing, (list, tuple)):
        result.array_value.SetInParent()
        result.array_value.values.extend(value(part) for part in thing)
    elif isinstance(thing, dict):
        result.kvlist_value.SetInParent()
        result.kvlist_value.values.extend(attributes(thing))
    return result


def attributes(pairs):
    return [KeyValue(key=key, value=value(thing)) for key, thing in dict(pairs).items()]


def identifiers(seed):
    """A source of random trace and span ids that a seed repeats."""
    return random.Random(seed)


def span(source, trace_id, name="work", **fields):
    """A span with a fresh id and, where nothing else is said, a millisecond long."""
    fields.setdefault("span_id", source.randbytes(8))
    fields.setdefault("start_time_unix_nano", START)
    fields.setdefault("end_time_unix_nano", START + 1_000_000)
    pairs = fields.pop("attributes", {})
    made = Span(trace_id=trace_id, name=name, **fields)
    made.attributes.extend(attributes(pairs))
    return made


def trace_request(spans, service="tested", scope="scope", resource=None):
    """A request with one resource and one scope."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend(attributes({"service.name": service, **(resource or {})}))
    inner = group.scope_spans.add()
    inner.scope.name = scope
    inner.spans.extend(spans)
    return request


def plain_trace(source, count=1, service="tested", name="work"):
    """A trace of equal spans: its id and a request."""
    trace_id = source.randbytes(16)
    return trace_id, trace_request([span(source, trace_id, name) for _ in range(count)], service)


def log_request(records, service="tested", resource=None):
    """Records as keyword arguments of LogRecord, with `attributes` and `body` as Python values."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.extend(attributes({"service.name": service, **(resource or {})}))
    inner = group.scope_logs.add()
    for fields in records:
        record = inner.log_records.add()
        for name, thing in fields.items():
            if name == "attributes":
                record.attributes.extend(attributes(thing))
            elif name == "body":
                record.body.CopyFrom(value(thing))
            else:
                setattr(record, name, thing)
    return request


def gauge_request(points, service="tested", name="tested.gauge"):
    """One gauge with a point per pair of attributes and value."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    group.resource.attributes.extend(attributes({"service.name": service}))
    metric = group.scope_metrics.add().metrics.add(name=name, unit="1")
    for pairs, number in points:
        point = metric.gauge.data_points.add(time_unix_nano=START, as_double=number)
        point.attributes.extend(attributes(pairs))
    return request


def to_otlp_json(message):
    """A message as OTLP/JSON: lowerCamelCase, ids in hexadecimal, integers for enumerations."""

    def fix(node):
        if isinstance(node, dict):
            return {
                key: base64.b64decode(inner).hex() if key in ID_FIELDS else fix(inner) for key, inner in node.items()
            }
        return [fix(inner) for inner in node] if isinstance(node, list) else node

    return fix(json_format.MessageToDict(message, use_integers_for_enums=True))


def from_otlp_json(node, message_type=TracesData):
    """OTLP/JSON as a message; an unknown member is an error."""

    def fix(inner):
        if isinstance(inner, dict):
            return {
                key: base64.b64encode(bytes.fromhex(part)).decode() if key in ID_FIELDS else fix(part)
                for key, part in inner.items()
            }
        return [fix(part) for part in inner] if isinstance(inner, list) else inner

    return json_format.ParseDict(fix(node), message_type())


def placed_spans(request):
    """Every span by its id with what stands around it: resource spans and scope spans without their children."""
    result = {}
    for group in request.resource_spans:
        for inner in group.scope_spans:
            for one in inner.spans:
                around = (
                    group.resource.SerializeToString(deterministic=True),
                    group.schema_url,
                    inner.scope.SerializeToString(deterministic=True),
                    inner.schema_url,
                )
                result.setdefault(one.span_id, []).append((one.SerializeToString(deterministic=True), around))
    return result


def refusal(body, content_type):
    """The google.rpc.Status of a refusal, and its RetryInfo's seconds where it has one."""
    status = status_pb2.Status()
    if content_type == "application/json":
        # The type of the details must be registered: error_details is imported above for this.
        json_format.Parse(body, status)
    else:
        status.ParseFromString(body)
    delay = None
    for detail in status.details:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            delay = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
    return status, delay


def accepted(body, content_type="application/x-protobuf", response_type=ExportTraceServiceResponse):
    """The response to a request that was taken."""
    response = response_type()
    if content_type == "application/json":
        json_format.Parse(body, response)
    else:
        response.ParseFromString(body)
    return response
