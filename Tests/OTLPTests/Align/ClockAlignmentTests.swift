import Foundation
import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

@Suite struct ClockAlignmentTests {
    private func span(
        _ id: UInt8,
        under parent: UInt8 = 0,
        _ times: ClosedRange<UInt64>,
        _ kind: OTLPSpan.SpanKind = .internal
    ) -> OTLPSpan {
        .with { span in
            span.spanID = Data([id])
            span.parentSpanID = parent == 0 ? Data() : Data([parent])
            span.startTimeUnixNano = times.lowerBound
            span.endTimeUnixNano = times.upperBound
            span.kind = kind
        }
    }

    private func trace(_ hosts: [(host: String?, spans: [OTLPSpan])]) -> OTLPTracesData {
        .with { trace in
            trace.resourceSpans = hosts.map { host, spans in
                .with { resource in
                    if let host {
                        resource.resource.attributes = [JaegerMappingTests.text("host.name", host)]
                    }
                    resource.scopeSpans = [.with { $0.spans = spans }]
                }
            }
        }
    }

    private func times(_ trace: OTLPTracesData) -> [UInt8: ClosedRange<UInt64>] {
        var result: [UInt8: ClosedRange<UInt64>] = [:]
        for span in trace.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans) {
            result[span.spanID[0]] =
                span.startTimeUnixNano...max(span.startTimeUnixNano, span.endTimeUnixNano)
        }
        return result
    }

    @Test
    func `a server whose clock is behind stands in the middle of its client's call, with what it caused`() {
        var trace = self.trace([
            ("a", [self.span(1, 1000...2000), self.span(2, under: 1, 1100...1900, .client)]),
            ("b", [self.span(3, under: 2, 500...700, .server), self.span(4, under: 3, 550...600)]),
        ])
        let moved = ClockAlignment.align(&trace)
        #expect(moved == [Data([3]): 900, Data([4]): 900])
        #expect(self.times(trace) == [1: 1000...2000, 2: 1100...1900, 3: 1400...1600, 4: 1450...1500])
    }

    @Test func `a server whose clock is ahead is moved back`() {
        var trace = self.trace([
            ("a", [self.span(1, 1000...2000, .client)]),
            ("b", [self.span(2, under: 1, 5000...5400, .server)]),
        ])
        #expect(ClockAlignment.align(&trace) == [Data([2]): -3700])
    }

    @Test func `what fits, what works on after its caller, and what is on one host stays`() {
        let original = self.trace([
            (
                "a",
                [
                    self.span(1, 1000...2000, .client), self.span(2, 1000...2000, .producer),
                    self.span(3, under: 1, 900...950),
                ]
            ),
            (
                "b",
                [
                    self.span(4, under: 1, 1100...1900, .server),
                    self.span(5, under: 2, 3000...9000, .consumer),
                ]
            ),
        ])
        var trace = original
        #expect(ClockAlignment.align(&trace).isEmpty)
        #expect(trace == original)
    }

    @Test func `a consumer never begins before its producer`() {
        var trace = self.trace([
            ("a", [self.span(1, 1000...1100, .producer)]),
            ("b", [self.span(2, under: 1, 200...9000, .consumer)]),
        ])
        #expect(ClockAlignment.align(&trace) == [Data([2]): 800])
    }

    @Test func `spans without a host, circles, and ends that are not known do no harm`() {
        var trace = self.trace([
            (nil, [self.span(1, 1000...2000, .client)]), ("b", [self.span(2, under: 1, 500...700, .server)]),
            ("c", [self.span(3, under: 4, 5...6), self.span(4, under: 3, 7...8)]),
        ])
        #expect(ClockAlignment.align(&trace).isEmpty)
        var open = self.trace([
            ("a", [self.span(1, 1000...2000, .client)]), ("b", [self.span(2, under: 1, 500...500, .server)]),
        ])
        open.resourceSpans[1].scopeSpans[0].spans[0].endTimeUnixNano = 0
        #expect(ClockAlignment.align(&open) == [Data([2]): 1000])
        #expect(open.resourceSpans[1].scopeSpans[0].spans[0].endTimeUnixNano == 0)
    }
}
