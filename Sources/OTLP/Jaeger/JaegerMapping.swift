/// How a span of OTLP becomes a span of Jaeger's older JSON: the table that the code follows and a test holds.
///
/// Sources: the specification "OpenTelemetry to Jaeger", the generic "Transformation to non-OTLP Formats", and the UI
/// model of Jaeger, which settles what they leave open. Three choices: `span.kind=internal` is written, as Jaeger
/// itself does, although the specification says "should not"; trace ids always have 32 digits, as everywhere else
/// here, while Jaeger drops a zero high half; of a link only its span and its `opentracing.ref_type` fit.
package enum JaegerMapping {
    /// One row: where something comes from and where it goes.
    package struct Row: Equatable, Sendable {
        package let otlp: String
        package let jaeger: String
    }

    /// Every row, in the order of OTLP's fields.
    package static let rows: [Row] = [
        Row("resource.attributes[service.name]", "process.serviceName"),
        Row("no service.name", "process.serviceName = unknown_service[:process.executable.name]"),
        Row("resource.attributes[*]", "process.tags, sorted by key"),
        Row("scope.name", "tags[otel.scope.name]"),
        Row("scope.version", "tags[otel.scope.version]"),
        Row("scope.attributes", "left out"),
        Row("trace_id, 16 bytes", "traceID, 32 digits"),
        Row("span_id, 8 bytes", "spanID, 16 digits"),
        Row("parent_span_id", "references[0] CHILD_OF"),
        Row("trace_state", "tags[w3c.tracestate]"),
        Row("flags, the low 8 bits", "flags, left out when 0"),
        Row("name", "operationName"),
        Row("kind", "tags[span.kind] = internal, server, client, producer, consumer"),
        Row("kind unspecified", "left out"),
        Row("start_time_unix_nano", "startTime, microseconds, cut off"),
        Row("end_time_unix_nano", "duration = end - start, microseconds, cut off"),
        Row("end before start, or no end", "duration = 0 and a warning"),
        Row("attributes[*] string", "tags[*] string"),
        Row("attributes[*] bool", "tags[*] bool"),
        Row("attributes[*] int", "tags[*] int64; a string beyond 53 bits"),
        Row("attributes[*] double", "tags[*] float64"),
        Row("attributes[*] bytes", "tags[*] binary, base64"),
        Row("attributes[*] array, key-value list", "tags[*] string, JSON"),
        Row("attributes[*] empty", "tags[*] string, empty"),
        Row("dropped_attributes_count", "tags[otel.dropped_attributes_count] when not 0"),
        Row("events[*].time_unix_nano", "logs[*].timestamp, microseconds"),
        Row("events[*].name", "logs[*].fields[event], unless an attribute has this key"),
        Row("events[*].attributes", "logs[*].fields"),
        Row("events[*].dropped_attributes_count", "logs[*].fields[otel.dropped_attributes_count] when not 0"),
        Row("dropped_events_count", "tags[otel.dropped_events_count] when not 0"),
        Row("links[*]", "references FOLLOWS_FROM; CHILD_OF by attribute opentracing.ref_type = child_of"),
        Row("links[*] to the parent", "the type of references[0]"),
        Row("dropped_links_count", "tags[otel.dropped_links_count] when not 0"),
        Row("status.code OK, ERROR", "tags[otel.status_code] = OK, ERROR; left out when unset"),
        Row("status.code ERROR", "tags[error] = true, in place of an attribute of this key"),
        Row("status.message", "tags[otel.status_description]"),
    ]
}

extension JaegerMapping.Row {
    fileprivate init(_ otlp: String, _ jaeger: String) {
        self.init(otlp: otlp, jaeger: jaeger)
    }
}
