package import Foundation
package import OTLPMessages

/// Moves spans of hosts whose clocks differ, so that nothing seems to happen before what caused it.
///
/// As Jaeger's clock skew adjuster does it (model/adjuster/clockskew.go), with less zeal: a span is moved only where its
/// parent ran on another host, and where it begins before its parent, or, of a call from client to server, ends after it.
/// A server's span then stands in the middle of its client's, any other at its parent's start; what it caused on its own
/// host moves along. Hosts are told apart by `host.id`, else `host.name`; where a span names none, it is left alone.
package enum ClockAlignment {
    /// Moves spans in place.
    ///
    /// - Returns: By how many nanoseconds each moved span was moved, by span id; later where positive.
    package static func align(_ trace: inout OTLPTracesData) -> [Data: Int64] {
        var places: [Data: Place] = [:]
        var children: [Data: [Data]] = [:]
        for (resourceIndex, resource) in trace.resourceSpans.enumerated() {
            let host = resource.resource.hostKey
            for (scopeIndex, scope) in resource.scopeSpans.enumerated() {
                for (spanIndex, span) in scope.spans.enumerated() where places[span.spanID] == nil {
                    places[span.spanID] = Place(
                        indices: (resourceIndex, scopeIndex, spanIndex),
                        host: host,
                        start: span.startTimeUnixNano,
                        end: max(span.endTimeUnixNano, span.startTimeUnixNano),
                        kind: span.kind
                    )
                    children[span.parentSpanID, default: []].append(span.spanID)
                }
            }
        }
        var moved: [Data: Int64] = [:]
        // Those whose parents are elsewhere begin; each span is visited once, so that a circle ends.
        var open = children.filter { places[$0.key] == nil }.flatMap(\.value).sorted {
            $0.lexicographicallyPrecedes($1)
        }
        while let id = open.popLast() {
            guard let parent = places[id] else { continue }
            let below = children.removeValue(forKey: id) ?? []
            for child in below {
                guard let place = places[child] else { continue }
                let delta = place.delta(under: parent, whichMoved: moved[id] ?? 0)
                if delta != 0 {
                    moved[child] = delta
                    places[child]?.move(by: delta)
                }
            }
            open += below
        }
        for (id, delta) in moved {
            guard let (resource, scope, span) = places[id]?.indices else { continue }
            trace.resourceSpans[resource].scopeSpans[scope].spans[span].move(by: delta)
        }
        return moved
    }

    /// What alignment needs to know of a span.
    private struct Place {
        var indices: (resource: Int, scope: Int, span: Int)
        var host: String?
        var start: UInt64
        var end: UInt64
        var kind: OTLPSpan.SpanKind

        /// How far the span moves under a parent, which has been moved itself.
        func delta(under parent: Place, whichMoved parentDelta: Int64) -> Int64 {
            guard let host = self.host, let other = parent.host, host != other else { return parentDelta }
            let isCall = parent.kind == .client && self.kind == .server
            let (duration, room) = (self.end - self.start, parent.end - parent.start)
            let isLate = isCall && self.end > parent.end && duration <= room
            guard self.start < parent.start || isLate else { return 0 }
            let target = isCall && duration <= room ? parent.start + (room - duration) / 2 : parent.start
            return Int64(clamping: Int128(target) - Int128(self.start))
        }

        mutating func move(by delta: Int64) {
            self.start = self.start.moved(by: delta)
            self.end = self.end.moved(by: delta)
        }
    }
}

extension OTLPSpan {
    /// Moves the span's times, and those of its events; an end that is not known stays so.
    fileprivate mutating func move(by delta: Int64) {
        self.startTimeUnixNano = self.startTimeUnixNano.moved(by: delta)
        if self.endTimeUnixNano != 0 { self.endTimeUnixNano = self.endTimeUnixNano.moved(by: delta) }
        for index in self.events.indices where self.events[index].timeUnixNano != 0 {
            self.events[index].timeUnixNano = self.events[index].timeUnixNano.moved(by: delta)
        }
    }
}

extension OTLPResource {
    /// What tells this resource's host from others; nil where it names none.
    fileprivate var hostKey: String? {
        for key in ["host.id", "host.name"] {
            for attribute in self.attributes where attribute.key == key {
                if case .stringValue(let text) = attribute.value.value, !text.isEmpty { return text }
            }
        }
        return nil
    }
}

extension UInt64 {
    /// Some nanoseconds later or earlier; it stops at both ends.
    fileprivate func moved(by delta: Int64) -> UInt64 { UInt64(clamping: Int128(self) + Int128(delta)) }
}
