import OTLPMessages

extension JSONWriter {
    /// Writes one span as Jaeger's older JSON has it.
    mutating func jaegerSpan(_ span: OTLPSpan, _ scope: OTLPInstrumentationScope, process: String) {
        self.beginObject()
        self.key("traceID")
        self.hex(span.traceID)
        self.key("spanID")
        self.hex(span.spanID)
        if span.flags & 0xFF != 0 { self.member("flags", Int(span.flags & 0xFF)) }
        self.member("operationName", span.name)
        self.key("references")
        self.jaegerReferences(of: span)
        let start = span.startTimeUnixNano
        let end = span.endTimeUnixNano
        self.key("startTime")
        self.integer(start / 1_000)
        self.key("duration")
        self.integer(end < start ? 0 : (end - start) / 1_000)
        self.key("tags")
        self.jaegerTags(of: span, scope)
        self.key("logs")
        self.array(of: span.events) { $0.jaegerLog($1) }
        self.member("processID", process)
        self.key("warnings")
        if end < start {
            self.array { $0.string(end == 0 ? "the span has not ended" : "the span ends before it starts") }
        } else {
            self.null()
        }
        self.endObject()
    }

    /// Writes the parent first: readers look for it there.
    private mutating func jaegerReferences(of span: OTLPSpan) {
        // An id of zeros is no id, in the W3C's specification and in OTLP's.
        let hasParent = span.parentSpanID.contains { $0 != 0 }
        let isParent = { (link: OTLPSpan.Link) in
            hasParent && link.traceID == span.traceID && link.spanID == span.parentSpanID
        }
        self.beginArray()
        if hasParent {
            let type = span.links.last(where: isParent)?.jaegerReferenceType ?? "CHILD_OF"
            self.jaegerReference(type, span.traceID, span.parentSpanID)
        }
        for link in span.links where !isParent(link) {
            self.jaegerReference(link.jaegerReferenceType, link.traceID, link.spanID)
        }
        self.endArray()
    }

    private mutating func jaegerReference(
        _ type: String,
        _ traceID: some Sequence<UInt8>,
        _ spanID: some Sequence<UInt8>
    ) {
        self.beginObject()
        self.member("refType", type)
        self.key("traceID")
        self.hex(traceID)
        self.key("spanID")
        self.hex(spanID)
        self.endObject()
    }

    /// Writes tags in the order in which Jaeger's own translation makes them.
    private mutating func jaegerTags(of span: OTLPSpan, _ scope: OTLPInstrumentationScope) {
        let isError = span.status.code == .error
        self.beginArray()
        if !scope.name.isEmpty { self.jaegerTag("otel.scope.name", scope.name) }
        if !scope.version.isEmpty { self.jaegerTag("otel.scope.version", scope.version) }
        for attribute in span.attributes where !(isError && attribute.key == "error") {
            self.jaegerTag(attribute.key, attribute.value)
        }
        if let kind = span.kind.jaegerName { self.jaegerTag("span.kind", kind) }
        if isError {
            self.jaegerTag("otel.status_code", "ERROR")
            self.jaegerTag(true: "error")
        } else if span.status.code == .ok {
            self.jaegerTag("otel.status_code", "OK")
        }
        if !span.status.message.isEmpty { self.jaegerTag("otel.status_description", span.status.message) }
        if !span.traceState.isEmpty { self.jaegerTag("w3c.tracestate", span.traceState) }
        self.jaegerCount("otel.dropped_attributes_count", span.droppedAttributesCount)
        self.jaegerCount("otel.dropped_events_count", span.droppedEventsCount)
        self.jaegerCount("otel.dropped_links_count", span.droppedLinksCount)
        self.endArray()
    }

    private mutating func jaegerCount(_ key: String, _ count: UInt32) {
        if count != 0 { self.jaegerTag(key, Int64(count)) }
    }

    private mutating func jaegerLog(_ event: OTLPSpan.Event) {
        self.beginObject()
        self.key("timestamp")
        self.integer(event.timeUnixNano / 1_000)
        self.key("fields")
        self.beginArray()
        if !event.name.isEmpty, !event.attributes.contains(where: { $0.key == "event" }) {
            self.jaegerTag("event", event.name)
        }
        for attribute in event.attributes { self.jaegerTag(attribute.key, attribute.value) }
        self.jaegerCount("otel.dropped_attributes_count", event.droppedAttributesCount)
        self.endArray()
        self.endObject()
    }
}

extension OTLPSpan.Link {
    fileprivate var jaegerReferenceType: String {
        for attribute in self.attributes where attribute.key == "opentracing.ref_type" {
            if case .stringValue("child_of") = attribute.value.value { return "CHILD_OF" }
        }
        return "FOLLOWS_FROM"
    }
}

extension OTLPSpan.SpanKind {
    /// The name of the kind in Jaeger, in its tag and in its lists of operations; nil when unspecified.
    var jaegerName: String? {
        switch self {
        case .internal: "internal"
        case .server: "server"
        case .client: "client"
        case .producer: "producer"
        case .consumer: "consumer"
        case .unspecified, .UNRECOGNIZED: nil
        }
    }
}
