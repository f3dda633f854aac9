"""What a span must look like in each reading interface, worked out from the message alone.

The seed's shape follows reference "JSON shapes", Jaeger's older JSON follows the specification's OpenTelemetry to
Jaeger mapping; both are written again here, independent of the program's code.
"""

import base64
import json
import math
from collections import Counter

KINDS = {0: "unspecified", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
SAFE_INTEGER = 2**53 - 1


def seed_value(value):
    """An attribute's value as the seed's shape writes it."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "bytes_value":
        return {"bytes": base64.b64encode(value.bytes_value).decode()}
    if kind == "array_value":
        return [seed_value(part) for part in value.array_value.values]
    if kind == "kvlist_value":
        members = seed_attributes(value.kvlist_value.values)
        return {"map": members} if len(members) == 1 and set(members) & {"bytes", "double", "map"} else members
    if kind == "double_value" and not math.isfinite(value.double_value):
        text = "NaN" if math.isnan(value.double_value) else ("Infinity" if value.double_value > 0 else "-Infinity")
        return {"double": text}
    return getattr(value, kind)


def seed_attributes(pairs):
    return {pair.key: seed_value(pair.value) for pair in pairs}


def seed_span(span, resource_spans, scope_spans):
    """The members of a span that the seed's shape must have, and how."""
    names = {pair.key: pair.value.string_value for pair in resource_spans.resource.attributes}
    return {
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex() or None,
        "operation_name": span.name,
        "service": names.get("service.name", "unknown_service"),
        "kind": KINDS[span.kind],
        "start_time_unix_nano": str(span.start_time_unix_nano),
        "end_time_unix_nano": str(span.end_time_unix_nano),
        "duration_ms": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
        "status": "error" if span.status.code == 2 else "success",
        "status_code": span.status.code,
        "status_message": span.status.message,
        "trace_state": span.trace_state,
        "flags": span.flags,
        "tags": seed_attributes(span.attributes),
        "events": [
            (event.name, str(event.time_unix_nano), seed_attributes(event.attributes)) for event in span.events
        ],
        "links": [
            (link.trace_id.hex(), link.span_id.hex(), link.trace_state, link.flags, seed_attributes(link.attributes))
            for link in span.links
        ],
        "resource": seed_attributes(resource_spans.resource.attributes),
        "scope": (
            scope_spans.scope.name,
            scope_spans.scope.version,
            seed_attributes(scope_spans.scope.attributes),
            scope_spans.schema_url,
        ),
        "dropped": (span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count),
    }


def seed_answer(span):
    """The same members out of an answer of the program."""
    result = {
        name: span[name]
        for name in (
            "span_id",
            "parent_span_id",
            "operation_name",
            "service",
            "kind",
            "start_time_unix_nano",
            "end_time_unix_nano",
            "duration_ms",
            "status",
            "status_code",
            "status_message",
            "trace_state",
            "flags",
            "tags",
        )
    }
    result["events"] = [(event["name"], event["time_unix_nano"], event["attributes"]) for event in span["events"]]
    result["links"] = [
        (link["trace_id"], link["span_id"], link["trace_state"], link["flags"], link["attributes"])
        for link in span["links"]
    ]
    result["resource"] = span["resource"]["attributes"]
    scope = span["scope"]
    result["scope"] = (scope["name"], scope["version"], scope["attributes"], scope.get("schema_url", ""))
    result["dropped"] = tuple(span.get(f"dropped_{what}_count", 0) for what in ("attributes", "events", "links"))
    return result


def canonical(thing):
    """Text in which 1, 1.0 and true differ and -0.0 is not 0.0, so that types are compared too."""
    return json.dumps(thing, sort_keys=True, default=list)


def legacy_value(value):
    """Type and value of a tag."""
    kind = value.WhichOneof("value")
    if kind is None:
        return "string", ""
    if kind == "string_value":
        return "string", value.string_value
    if kind == "bool_value":
        return "bool", value.bool_value
    if kind == "int_value":
        number = value.int_value
        return "int64", number if abs(number) <= SAFE_INTEGER else str(number)
    if kind == "double_value":
        number = value.double_value
        if math.isnan(number):
            return "float64", "NaN"
        return "float64", number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")
    if kind == "bytes_value":
        return "binary", base64.b64encode(value.bytes_value).decode()
    return "string", canonical(_plain(value))


def _plain(value):
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_plain(part) for part in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _plain(pair.value) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def legacy_span(span, resource_spans, scope_spans):
    """A span in Jaeger's older JSON."""
    tags = [(pair.key, *legacy_value(pair.value)) for pair in span.attributes]
    scope = scope_spans.scope
    tags += [("otel.scope.name", "string", scope.name)] if scope.name else []
    tags += [("otel.scope.version", "string", scope.version)] if scope.version else []
    tags += [("span.kind", "string", KINDS[span.kind])] if span.kind else []
    tags += [("w3c.tracestate", "string", span.trace_state)] if span.trace_state else []
    if span.status.code:
        tags.append(("otel.status_code", "string", {1: "OK", 2: "ERROR"}[span.status.code]))
    if span.status.code == 2:
        tags.append(("error", "bool", True))
    if span.status.message:
        tags.append(("otel.status_description", "string", span.status.message))
    for name in ("attributes", "events", "links"):
        count = getattr(span, f"dropped_{name}_count")
        tags += [(f"otel.dropped_{name}_count", "int64", count)] if count else []
    references = [("CHILD_OF", span.trace_id.hex(), span.parent_span_id.hex())] if span.parent_span_id else []
    references += [("FOLLOWS_FROM", link.trace_id.hex(), link.span_id.hex()) for link in span.links]
    logs = []
    for event in span.events:
        fields = [(pair.key, *legacy_value(pair.value)) for pair in event.attributes]
        if event.name and all(pair.key != "event" for pair in event.attributes):
            fields.append(("event", "string", event.name))
        logs.append((event.time_unix_nano // 1000, _bag(fields)))
    resource = {pair.key: pair.value for pair in resource_spans.resource.attributes}
    service = resource.pop("service.name").string_value
    return {
        "traceID": span.trace_id.hex(),
        "spanID": span.span_id.hex(),
        "operationName": span.name,
        "startTime": span.start_time_unix_nano // 1000,
        "duration": (span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
        "references": references,
        "tags": _bag(tags),
        "logs": logs,
        "service": service,
        "process": _bag([(key, *legacy_value(value)) for key, value in resource.items()]),
    }


def legacy_answer(span, processes):
    """The same members out of an answer of the program."""
    process = processes[span["processID"]]
    return {
        **{name: span[name] for name in ("traceID", "spanID", "operationName", "startTime", "duration")},
        "references": [(part["refType"], part["traceID"], part["spanID"]) for part in span["references"]],
        "tags": _bag(_tags(span["tags"])),
        "logs": [(log["timestamp"], _bag(_tags(log["fields"]))) for log in span["logs"]],
        "service": process["serviceName"],
        "process": _bag(_tags(process.get("tags", []))),
    }


def _tags(tags):
    return [(tag["key"], tag["type"], tag["value"]) for tag in tags]


def _bag(tags):
    """Tags in an order of their own; JSON within a text is compared as JSON."""

    def settle(tag):
        key, kind, value = tag
        if kind == "string" and value[:1] in ("[", "{"):
            try:
                value = canonical(json.loads(value))
            except ValueError:
                pass
        return canonical([key, kind, value])

    return sorted(Counter(settle(tag) for tag in tags).items())
