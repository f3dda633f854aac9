"""What the scenarios of OTLP/HTTP share: requests of every signal, and what a refusal must look like."""

import json

from checks import expect, expect_that
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from otlp import gauge_request, identifiers, log_request, plain_trace, refusal, to_otlp_json

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def encoded(message, content_type):
    return message.SerializeToString() if content_type == PROTOBUF else json.dumps(to_otlp_json(message)).encode()


def signals():
    source = identifiers(20)
    return [
        ("/v1/traces", plain_trace(source)[1], ExportTraceServiceResponse),
        ("/v1/metrics", gauge_request([({"a": "b"}, 1.0)]), ExportMetricsServiceResponse),
        ("/v1/logs", log_request([{"body": "x"}]), ExportLogsServiceResponse),
    ]


def check_refusal(sentence, answer, status, content_type, code=None):
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


def request_head(content_type, *lines):
    return (
        "POST /v1/traces HTTP/1.1\r\nhost: a\r\n"
        + "".join(f"{line}\r\n" for line in (f"content-type: {content_type}", *lines))
        + "\r\n"
    ).encode()
