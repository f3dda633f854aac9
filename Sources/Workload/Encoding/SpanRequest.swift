/// Encodes traces as an ExportTraceServiceRequest, grouped by service and scope as a collector sees them.
enum SpanRequest {
    static func encode(_ traces: [TraceDraft], of fleet: Fleet) -> [UInt8] {
        let spans = self.sorted(traces)
        var writer = ProtobufWriter(reserving: spans.count * 512)
        var next = 0
        while next < spans.count {
            let service = spans[next].service
            writer.message(1, reserving: 3) { group in
                group.append(fleet.services[service].resourceField)
                while next < spans.count, spans[next].service == service {
                    let scope = spans[next].scope
                    group.message(2, reserving: 3) { scopeGroup in
                        scopeGroup.scope(scope)
                        while next < spans.count, spans[next].service == service, spans[next].scope == scope {
                            let place = spans[next]
                            scopeGroup.span(traces[place.trace].spans[place.span], of: traces[place.trace])
                            next += 1
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Where a span stands, with what it is grouped by.
    private struct Place {
        var service: Int
        var scope: Scope
        var trace: Int
        var span: Int

        var order: (Int, Int, Int, Int) { (self.service, self.scope.rawValue, self.trace, self.span) }
    }

    private static func sorted(_ traces: [TraceDraft]) -> [Place] {
        var places: [Place] = []
        places.reserveCapacity(traces.reduce(0) { $0 + $1.spans.count })
        for (trace, draft) in traces.enumerated() {
            for (index, span) in draft.spans.enumerated() {
                places.append(Place(service: span.service, scope: span.scope, trace: trace, span: index))
            }
        }
        places.sort { $0.order < $1.order }
        return places
    }
}

extension ProtobufWriter {
    /// A Span of a scope group (trace.proto).
    mutating func span(_ span: SpanDraft, of trace: TraceDraft) {
        self.message(2, reserving: 2) { message in
            message.traceID(1, trace.id)
            message.spanID(2, span.id)
            if let parent = span.parent { message.spanID(4, parent) }
            message.text(5, span.name)
            message.integer(6, span.kind.rawValue)
            message.fixed64(7, trace.begin &+ span.start)
            message.fixed64(8, trace.begin &+ span.end)
            message.attributes(9, span.attributes)
            if let exception = span.exception {
                message.exception(exception, at: trace.begin &+ span.end)
            }
            if let text = span.errorMessage {
                message.message(15) { status in
                    status.text(2, text)
                    status.integer(3, 2)
                }
            }
            // Sampled, and whether the parent is remote (SpanFlags).
            message.fixed32(16, span.isParentRemote ? 0x301 : 0x101)
        }
    }

    /// An exception event (semantic conventions, "Exceptions on spans").
    private mutating func exception(_ failure: Failure, at time: UInt64) {
        self.message(11, reserving: 2) { event in
            event.fixed64(1, time)
            event.text(2, "exception")
            event.attribute(3, Attribute("exception.type", failure.type))
            event.attribute(3, Attribute("exception.message", failure.message))
            event.attribute(
                3,
                Attribute(
                    "exception.stacktrace",
                    """
                    Traceback (most recent call last):
                      File "/srv/neo/app/calls.py", line 218, in perform
                        return await self.transport.send(request)
                    \(failure.type): \(failure.message)
                    """
                )
            )
        }
    }
}
