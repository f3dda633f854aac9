package import Foundation
package import OTLPMessages

/// One trace in the shape that the seed's README promises, with more members added and none renamed.
package enum SeedTrace {
    /// The trace as JSON: `trace_id` and `spans`, by start and then by id.
    ///
    /// Nothing is lost: times are there in nanoseconds too, and attributes as ``JSONWriter/attributeValue(_:)``
    /// writes them. An open span, whose end is 0, has `duration_ms` 0 and `open` true.
    ///
    /// - Parameters:
    ///   - trace: Its spans.
    ///   - moved: By how many nanoseconds ``ClockAlignment`` moved spans, by span id; those have `clock_adjusted_ms`.
    /// - Returns: UTF-8.
    package static func json(of trace: OTLPTracesData, moved: [Data: Int64] = [:]) -> [UInt8] {
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.seedTrace(trace, moved: moved)
        return writer.bytes
    }
}

/// A span with what stands around it in OTLP.
private struct PlacedSpan {
    var span: OTLPSpan
    var scopeSpans: OTLPScopeSpans
    var resourceSpans: OTLPResourceSpans

    /// By start, then by id: the same spans give the same text, in whatever order they were stored.
    func isBefore(_ other: PlacedSpan) -> Bool {
        if self.span.startTimeUnixNano != other.span.startTimeUnixNano {
            return self.span.startTimeUnixNano < other.span.startTimeUnixNano
        }
        return self.span.spanID.lexicographicallyPrecedes(other.span.spanID)
    }
}

extension JSONWriter {
    /// Writes one trace in the seed's shape.
    package mutating func seedTrace(_ trace: OTLPTracesData, moved: [Data: Int64] = [:]) {
        var spans: [PlacedSpan] = []
        for resourceSpans in trace.resourceSpans {
            for scopeSpans in resourceSpans.scopeSpans {
                spans += scopeSpans.spans.map { span in
                    PlacedSpan(span: span, scopeSpans: scopeSpans, resourceSpans: resourceSpans)
                }
            }
        }
        self.beginObject()
        self.key("trace_id")
        self.hex(spans.first?.span.traceID ?? OTLPSpan().traceID)
        self.key("spans")
        self.array(of: spans.sorted { $0.isBefore($1) }) { $0.seedSpan($1, moved[$1.span.spanID]) }
        self.endObject()
    }

    private mutating func seedSpan(_ placed: PlacedSpan, _ moved: Int64?) {
        let span = placed.span
        let (start, end) = (span.startTimeUnixNano, span.endTimeUnixNano)
        self.beginObject()
        self.key("span_id")
        self.hex(span.spanID)
        self.key("parent_span_id")
        if span.parentSpanID.contains(where: { $0 != 0 }) { self.hex(span.parentSpanID) } else { self.null() }
        self.member("operation_name", span.name)
        self.key("start_time")
        self.timestamp(unixNanoseconds: start)
        self.key("duration_ms")
        self.milliseconds(nanoseconds: end < start ? 0 : end - start)
        self.member("status", SeedStatus(of: span).rawValue)
        self.key("tags")
        self.attributes(span.attributes)
        self.member("kind", span.kind.jaegerName ?? "unspecified")
        self.member("service", placed.resourceSpans.resource.serviceName)
        self.key("start_time_unix_nano")
        self.quotedInteger(start)
        self.key("end_time_unix_nano")
        self.quotedInteger(end)
        if end == 0 { self.member("open", true) }
        if let moved { self.member("clock_adjusted_ms", Double(moved) / 1e6) }
        self.member("trace_state", span.traceState)
        self.member("flags", Int(span.flags))
        self.member("status_code", span.status.code.rawValue)
        self.member("status_message", span.status.message)
        self.seedEventsAndLinks(of: span)
        self.seedSurroundings(placed)
        self.seedDropped("attributes", span.droppedAttributesCount)
        self.seedDropped("events", span.droppedEventsCount)
        self.seedDropped("links", span.droppedLinksCount)
        self.endObject()
    }

    private mutating func seedEventsAndLinks(of span: OTLPSpan) {
        self.key("events")
        self.array(of: span.events) { writer, event in
            writer.beginObject()
            writer.member("name", event.name)
            writer.key("time")
            writer.timestamp(unixNanoseconds: event.timeUnixNano)
            writer.key("time_unix_nano")
            writer.quotedInteger(event.timeUnixNano)
            writer.key("attributes")
            writer.attributes(event.attributes)
            writer.seedDropped("attributes", event.droppedAttributesCount)
            writer.endObject()
        }
        self.key("links")
        self.array(of: span.links) { writer, link in
            writer.beginObject()
            writer.key("trace_id")
            writer.hex(link.traceID)
            writer.key("span_id")
            writer.hex(link.spanID)
            writer.member("trace_state", link.traceState)
            writer.member("flags", Int(link.flags))
            writer.key("attributes")
            writer.attributes(link.attributes)
            writer.seedDropped("attributes", link.droppedAttributesCount)
            writer.endObject()
        }
    }

    private mutating func seedSurroundings(_ placed: PlacedSpan) {
        let resource = placed.resourceSpans.resource
        self.key("resource")
        self.beginObject()
        self.key("attributes")
        self.attributes(resource.attributes)
        self.seedDropped("attributes", resource.droppedAttributesCount)
        self.seedSchema(placed.resourceSpans.schemaURL)
        self.endObject()
        let scope = placed.scopeSpans.scope
        self.key("scope")
        self.beginObject()
        self.member("name", scope.name)
        self.member("version", scope.version)
        self.key("attributes")
        self.attributes(scope.attributes)
        self.seedDropped("attributes", scope.droppedAttributesCount)
        self.seedSchema(placed.scopeSpans.schemaURL)
        self.endObject()
    }

    private mutating func seedSchema(_ url: String) {
        if !url.isEmpty { self.member("schema_url", url) }
    }

    private mutating func seedDropped(_ what: String, _ count: UInt32) {
        if count != 0 { self.member("dropped_\(what)_count", Int(count)) }
    }
}
