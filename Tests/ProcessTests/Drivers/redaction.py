"""Content never reaches the disk unless it is asked for; every other byte does, unknown fields included."""

import json

from checks import expect, expect_that, run
from disk import contents
from node import Node, folder
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp import (
    START,
    attributes,
    from_otlp_json,
    gauge_request,
    identifiers,
    log_request,
    span,
    to_otlp_json,
    trace_request,
    value,
)

CONTENT_KEYS = [
    "gen_ai.prompt",
    "gen_ai.prompt.0.content",
    "gen_ai.completion",
    "gen_ai.completion.0.content",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "gen_ai.retrieval.query.text",
    "llm.input_messages.0.message.content",
    "llm.output_messages.0.message.content",
    "llm.prompt_template.template",
    "input.value",
    "output.value",
    "tool.parameters",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "ai.prompt",
    "ai.prompt.messages",
    "ai.response.text",
    "ai.response.toolCalls",
    "ai.toolCall.args",
    "ai.toolCall.result",
]
KEPT = {"gen_ai.request.model": "model-kept", "gen_ai.usage.input_tokens": 17, "gen_ai.tool.name": "tool-kept"}
SHAPES = [
    lambda text: text,
    lambda text: [text, {"role": "user", "content": text}],
    lambda text: {"messages": [{"content": text}], "n": 1},
    lambda text: text.encode(),
]
# A field that no version of OTLP has, as a sender from the future would write it.
UNKNOWN = bytes.fromhex("d2f703") + bytes([14]) + b"UNKNOWN-FIELD!"


class Canaries:
    """Texts that occur nowhere else, so that one search tells whether content is there."""

    def __init__(self):
        self.places = {}

    def text(self, place):
        return self.places.setdefault(place, f"CANARY-{len(self.places):04d}-SECRET")

    def pairs(self, place):
        shaped = {
            key: SHAPES[index % len(SHAPES)](self.text(f"{place} {key}")) for index, key in enumerate(CONTENT_KEYS)
        }
        return {**shaped, **KEPT}

    def found_in(self, data):
        return [place for place, text in self.places.items() if text.encode() in data]


def _spans(source, canaries):
    """Content in the attributes of a span, its event and its link."""
    trace_id = source.randbytes(16)
    one = span(source, trace_id, "chat", attributes=canaries.pairs("span"))
    event = one.events.add(name="gen_ai.content.prompt", time_unix_nano=START)
    event.attributes.extend(attributes(canaries.pairs("event")))
    link = one.links.add(trace_id=trace_id, span_id=source.randbytes(8))
    link.attributes.extend(attributes(canaries.pairs("link")))
    return trace_id, trace_request([one, span(source, trace_id, "plain", attributes=KEPT)])


def _envelopes(source, canaries):
    """Content in the attributes of resources and scopes."""
    trace_id = source.randbytes(16)
    request = trace_request([span(source, trace_id, "plain")], resource=canaries.pairs("resource"))
    request.resource_spans[0].scope_spans[0].scope.attributes.extend(attributes(canaries.pairs("scope")))
    return trace_id, request


def _logs(canaries):
    body = {"role": "user", "content": canaries.text("log body of a named event")}
    older = {"content": canaries.text("log body of an event named by attribute")}
    return log_request(
        [
            {"attributes": canaries.pairs("log"), "body": "kept body", "time_unix_nano": START},
            {"event_name": "gen_ai.user.message", "body": body, "time_unix_nano": START},
            {"attributes": {"event.name": "gen_ai.choice"}, "body": older, "time_unix_nano": START},
        ]
    )


def _points(canaries):
    request = gauge_request([(canaries.pairs("point"), 1.0)])
    metric = request.resource_metrics[0].scope_metrics[0].metrics[0]
    exemplar = metric.gauge.data_points[0].exemplars.add(as_double=1.0)
    exemplar.filtered_attributes.extend(attributes(canaries.pairs("exemplar")))
    return request


def _sealed_contents(place, *settings):
    """What is on the disk after the node ended, and after the next start has sealed everything."""
    seen = contents(place + "/data")
    with Node(place + "/data", *settings) as node:
        node.get_json("/api/v1/traces")
        node.stop()
    return seen + contents(place + "/data")


def _nothing(path, make, *settings, kept=("model-kept", "tool-kept")):
    """Sends a request as protobuf and as JSON, and looks for its content on the disk, before and after sealing."""
    canaries = Canaries()
    with folder() as place, Node(place + "/data", *settings) as node:
        expect("protobuf is taken", node.post(path, make(canaries).SerializeToString())[0], 200)
        as_json = json.dumps(to_otlp_json(make(canaries))).encode()
        expect("JSON is taken", node.post(path, as_json, "application/json")[0], 200)
        running = contents(place + "/data")
        expect("content on the disk", canaries.found_in(running), [])
        for text in kept:
            expect_that(f"{text} is kept", text.encode() in running)
        expect("stop", node.stop(), 0)
        expect("content on the disk after sealing", canaries.found_in(_sealed_contents(place, *settings)), [])


def content_of_spans():
    source = identifiers(11)
    _nothing("/v1/traces", lambda canaries: _spans(source, canaries)[1])


def content_of_envelopes():
    source = identifiers(12)
    _nothing("/v1/traces", lambda canaries: _envelopes(source, canaries)[1])


def content_of_logs():
    _nothing("/v1/logs", _logs, kept=("model-kept", "kept body"))


def content_of_points():
    _nothing("/v1/metrics", _points)


def content_of_sampled_spans():
    """What sampling leaves out passes through a journal: no content there either."""
    source = identifiers(13)
    _nothing("/v1/traces", lambda canaries: _spans(source, canaries)[1], "sampling.share=0", kept=())


def the_rest_is_equal():
    """Beside the content every member and every byte stays; a redacted value tells its size."""
    canaries, source = Canaries(), identifiers(17)
    with folder() as place, Node(place + "/data") as node:
        trace_id, sent = _spans(source, canaries)
        node.post("/v1/traces", sent.SerializeToString())
        answer = from_otlp_json(node.get_json(f"/api/v3/traces/{trace_id.hex()}")["result"])
        _compare_redacted(sent, answer, contents(place + "/data"))
        expect_that("redacted values are counted", node.total("neoscope_redacted_values_total") >= len(CONTENT_KEYS))


def _compare_redacted(sent, answer, stored):
    """Everything but the content equals what was sent; and the redacted message stands byte for byte on the disk."""
    got = {one.span_id: one for group in answer.resource_spans for s in group.scope_spans for one in s.spans}
    for one in sent.resource_spans[0].scope_spans[0].spans:
        back = got[one.span_id]
        for pairs, again in [(one.attributes, back.attributes)] + [
            (a.attributes, b.attributes)
            for a, b in zip(list(one.events) + list(one.links), list(back.events) + list(back.links))
        ]:
            expect("the keys in their order", [pair.key for pair in again], [pair.key for pair in pairs])
            for pair, other in zip(pairs, again):
                if pair.key in CONTENT_KEYS:
                    text = other.value.string_value
                    size = len(pair.value.SerializeToString())
                    expect_that(f"{pair.key} tells its size", text.startswith(f"[redacted: {size} bytes"), text)
                    pair.value.CopyFrom(value(text))
        expect(f"everything else of {one.name}", back, one)
        expect_that(f"{one.name} byte for byte on the disk", one.SerializeToString() in stored)


def kept_on_request():
    """With redaction.capture_content=true all of it is kept."""
    canaries, source = Canaries(), identifiers(18)
    setting = "redaction.capture_content=true"
    with folder() as place, Node(place + "/data", setting) as node:
        trace_id, sent = _spans(source, canaries)
        others = [("/v1/traces", _envelopes(source, canaries)[1]), ("/v1/logs", _logs(canaries))]
        for path, request in [("/v1/traces", sent), *others, ("/v1/metrics", _points(canaries))]:
            expect(f"{path} is taken", node.post(path, request.SerializeToString())[0], 200)
        answer = from_otlp_json(node.get_json(f"/api/v3/traces/{trace_id.hex()}")["result"])
        expect("the trace is answered as it was sent", answer.SerializeToString(), sent.SerializeToString())
        expect("stop", node.stop(), 0)
        found = canaries.found_in(_sealed_contents(place, setting))
        expect("content that is not on the disk", sorted(set(canaries.places) - set(found)), [])


def unknown_fields():
    """Fields that nobody knows yet stay in the stored bytes, at every level, beside redacted content too."""
    canaries, source = Canaries(), identifiers(14)
    trace_id = source.randbytes(16)
    bodies = []
    for pairs in (KEPT, {"gen_ai.prompt": canaries.text("beside an unknown field"), **KEPT}):
        one = span(source, trace_id, "unknown", attributes=pairs)
        bodies.append(one.SerializeToString() + UNKNOWN)
    scope_spans = _field(1, b"\x0a\x05scope" + UNKNOWN) + b"".join(_field(2, body) for body in bodies)
    resource = trace_request([]).resource_spans[0].resource.SerializeToString() + UNKNOWN
    request = _field(1, _field(1, resource) + _field(2, scope_spans) + UNKNOWN) + UNKNOWN
    with folder() as place, Node(place + "/data") as node:
        expect("the request is taken", node.post("/v1/traces", request)[0], 200)
        expect("both spans are there", node.trace(trace_id.hex())["span_count"], 2)
        stored = contents(place + "/data")
        expect("content on the disk", canaries.found_in(stored), [])
        expect_that("the span with its unknown field stands byte for byte on the disk", bodies[0] in stored)
        expect_that("so does the resource", resource in stored)
        again = Span()
        answer = from_otlp_json(node.get_json(f"/api/v3/traces/{trace_id.hex()}")["result"])
        texts = [
            one
            for group in answer.resource_spans
            for inner in group.scope_spans
            for one in inner.spans
            if one.attributes[0].key == "gen_ai.prompt"
        ]
        again.CopyFrom(texts[0])
        expect_that("the redacted span with its unknown field too", again.SerializeToString() + UNKNOWN in stored)
        expect("unknown fields on the disk", stored.count(UNKNOWN) >= 4, True)


def odd_encodings():
    """Content is found however protobuf lets a sender write a pair."""
    canaries, source = Canaries(), identifiers(15)
    key = _field(1, b"gen_ai.prompt")

    def content(place):
        return _field(2, value(canaries.text(place)).SerializeToString())

    pairs = [
        content("value before key") + key,
        _field(1, b"harmless") + key + content("the last of two keys counts"),
        key + content("two values, the first") + content("two values, the last"),
        key + UNKNOWN + content("behind an unknown field"),
        key
        + b"\x12"
        + _long_varint(len(value(canaries.text("overlong length")).SerializeToString()))
        + value(canaries.text("overlong length")).SerializeToString(),
    ]
    trace_id = source.randbytes(16)
    base = span(source, trace_id, "odd").SerializeToString()
    body = base + b"".join(_field(9, pair) for pair in pairs)
    for pair in pairs[:4]:
        KeyValue.FromString(pair)
    request = trace_request([]).resource_spans[0].resource.SerializeToString()
    request = _field(1, _field(1, request) + _field(2, _field(2, body)))
    with folder() as place, Node(place + "/data") as node:
        status = node.post("/v1/traces", request)[0]
        expect_that("the request is taken, or refused as malformed", status in (200, 400), status)
        expect("content on the disk", canaries.found_in(contents(place + "/data")), [])


def nested_in_lists():
    """A content key inside a key-value list of another attribute is content too."""
    canaries, source = Canaries(), identifiers(16)
    trace_id = source.randbytes(16)
    pairs = {"metadata": {"gen_ai.prompt": canaries.text("nested"), "kept": "kept-nested"}}
    with folder() as place, Node(place + "/data") as node:
        node.post("/v1/traces", trace_request([span(source, trace_id, attributes=pairs)]).SerializeToString())
        stored = contents(place + "/data")
        expect("content on the disk", canaries.found_in(stored), [])
        expect_that("its neighbour is kept", b"kept-nested" in stored)


def _field(number, payload):
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _long_varint(number):
    """The same number with more bytes than it needs, which protobuf allows."""
    short = _varint(number)
    return short[:-1] + bytes([short[-1] | 0x80, 0x80, 0x00])


SCENARIOS = {
    "content_of_spans": content_of_spans,
    "content_of_envelopes": content_of_envelopes,
    "content_of_logs": content_of_logs,
    "content_of_points": content_of_points,
    "content_of_sampled_spans": content_of_sampled_spans,
    "the_rest_is_equal": the_rest_is_equal,
    "kept_on_request": kept_on_request,
    "unknown_fields": unknown_fields,
    "odd_encodings": odd_encodings,
    "nested_in_lists": nested_in_lists,
}

if __name__ == "__main__":
    run(SCENARIOS)
