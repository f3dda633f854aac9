import Foundation
import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

/// Holds each row of the table against what the code writes.
@Suite struct JaegerMappingTests {
    struct Case: Sendable {
        /// The `otlp` column of the row.
        var row: String
        var change: @Sendable (inout OTLPResourceSpans, inout OTLPSpan) -> Void
        /// A part of the JSON that must be there.
        var has: [String] = []
        var hasNot: [String] = []

        init(
            _ row: String,
            has: [String] = [],
            hasNot: [String] = [],
            _ change: @escaping @Sendable (inout OTLPResourceSpans, inout OTLPSpan) -> Void
        ) {
            (self.row, self.has, self.hasNot, self.change) = (row, has, hasNot, change)
        }
    }

    static func attribute(_ key: String, _ change: (inout OTLPAnyValue) -> Void) -> OTLPKeyValue {
        .with { attribute in
            attribute.key = key
            change(&attribute.value)
        }
    }

    static func text(_ key: String, _ value: String) -> OTLPKeyValue {
        Self.attribute(key) { $0.stringValue = value }
    }

    private static func tag(_ key: String, _ type: String, _ value: String) -> String {
        #"{"key":"\#(key)","type":"\#(type)","value":\#(value)}"#
    }

    static let cases: [Case] =
        Self.surroundings + Self.plainFields + Self.values + Self.eventsAndLinks + Self.statuses

    private static let surroundings = [
        Case("resource.attributes[service.name]", has: [#""serviceName":"shop""#], hasNot: ["service.name"]) {
            place,
            _ in
            place.resource.attributes = [Self.text("service.name", "shop")]
        },
        Case("no service.name", has: [#""serviceName":"unknown_service""#]) { _, _ in },
        Case("no service.name", has: [#""serviceName":"unknown_service:node""#]) { place, _ in
            place.resource.attributes = [Self.text("process.executable.name", "node")]
        },
        Case(
            "resource.attributes[*]",
            has: [#""tags":[\#(Self.tag("a", "string", "\"1\"")),\#(Self.tag("b", "string", "\"2\""))]}"#]
        ) { place, _ in
            place.resource.attributes = [Self.text("b", "2"), Self.text("a", "1")]
        },
        Case("scope.name", has: [Self.tag("otel.scope.name", "string", "\"lib\"")]) { place, _ in
            place.scopeSpans[0].scope.name = "lib"
        },
        Case("scope.version", has: [Self.tag("otel.scope.version", "string", "\"1.2\"")]) { place, _ in
            place.scopeSpans[0].scope.version = "1.2"
        },
        Case("scope.attributes", hasNot: ["hidden"]) { place, _ in
            place.scopeSpans[0].scope.attributes = [Self.text("hidden", "x")]
        },
    ]

    private static let plainFields = [
        Case("trace_id, 16 bytes", has: [#""traceID":"000000000000000000000000000000ff""#]) { _, span in
            span.traceID = Data(repeating: 0, count: 15) + [0xFF]
        },
        Case("span_id, 8 bytes", has: [#""spanID":"00000000000000ab""#]) { _, span in
            span.spanID = Data(repeating: 0, count: 7) + [0xAB]
        },
        Case("parent_span_id", has: [#""references":[{"refType":"CHILD_OF","traceID":"01","spanID":"05"}]"#])
        { _, span in
            (span.traceID, span.parentSpanID) = (Data([1]), Data([5]))
        },
        Case("parent_span_id", has: [#""references":[]"#]) { _, span in span.parentSpanID = Data(count: 8) },
        Case("trace_state", has: [Self.tag("w3c.tracestate", "string", "\"ot=th:8\"")]) { _, span in
            span.traceState = "ot=th:8"
        },
        Case("flags, the low 8 bits", has: [#""flags":1,"#]) { _, span in span.flags = 0x101 },
        Case("flags, the low 8 bits", hasNot: ["flags"]) { _, span in span.flags = 0x300 },
        Case("name", has: [#""operationName":"GET \"/\"""#]) { _, span in span.name = "GET \"/\"" },
        Case("kind", has: [Self.tag("span.kind", "string", "\"internal\"")]) { _, span in
            span.kind = .internal
        },
        Case("kind", has: [Self.tag("span.kind", "string", "\"consumer\"")]) { _, span in
            span.kind = .consumer
        },
        Case("kind unspecified", hasNot: ["span.kind"]) { _, span in span.kind = .UNRECOGNIZED(9) },
        Case("start_time_unix_nano", has: [#""startTime":1706678909209712,"#]) { _, span in
            span.startTimeUnixNano = 1_706_678_909_209_712_999
        },
        Case("end_time_unix_nano", has: [#""duration":2,"#, #""warnings":null"#]) { _, span in
            (span.startTimeUnixNano, span.endTimeUnixNano) = (999, 3_998)
        },
        Case(
            "end before start, or no end",
            has: [#""duration":0,"#, #""warnings":["the span has not ended"]"#]
        ) { _, span in
            (span.startTimeUnixNano, span.endTimeUnixNano) = (5, 0)
        },
        Case(
            "end before start, or no end",
            has: [#""duration":0,"#, #""warnings":["the span ends before it starts"]"#]
        ) { _, span in
            (span.startTimeUnixNano, span.endTimeUnixNano) = (5, 4)
        },
        Case("dropped_attributes_count", has: [Self.tag("otel.dropped_attributes_count", "int64", "3")]) {
            _,
            span in
            span.droppedAttributesCount = 3
        },
        Case("dropped_events_count", has: [Self.tag("otel.dropped_events_count", "int64", "4")]) { _, span in
            span.droppedEventsCount = 4
        },
        Case("dropped_links_count", has: [Self.tag("otel.dropped_links_count", "int64", "5")]) { _, span in
            span.droppedLinksCount = 5
        },
    ]

    private static let values = [
        Case("attributes[*] string", has: [Self.tag("k", "string", "\"v\"")]) { _, span in
            span.attributes = [Self.text("k", "v")]
        },
        Case("attributes[*] bool", has: [Self.tag("k", "bool", "false")]) { _, span in
            span.attributes = [Self.attribute("k") { $0.boolValue = false }]
        },
        Case("attributes[*] int", has: [Self.tag("k", "int64", "-9007199254740991")]) { _, span in
            span.attributes = [Self.attribute("k") { $0.intValue = -9_007_199_254_740_991 }]
        },
        Case("attributes[*] int", has: [Self.tag("k", "int64", "\"9223372036854775222\"")]) { _, span in
            span.attributes = [Self.attribute("k") { $0.intValue = 9_223_372_036_854_775_222 }]
        },
        Case("attributes[*] double", has: [Self.tag("k", "float64", "72.5")]) { _, span in
            span.attributes = [Self.attribute("k") { $0.doubleValue = 72.5 }]
        },
        Case("attributes[*] bytes", has: [Self.tag("k", "binary", "\"AAAwOQ==\"")]) { _, span in
            span.attributes = [Self.attribute("k") { $0.bytesValue = Data([0, 0, 0x30, 0x39]) }]
        },
        Case(
            "attributes[*] array, key-value list",
            has: [Self.tag("k", "string", #""[1,\"a\",true,2.5,\"AAE=\",{\"x\":null}]""#)]
        ) { _, span in
            span.attributes = [
                Self.attribute("k") { value in
                    value.arrayValue.values = [
                        .with { $0.intValue = 1 }, .with { $0.stringValue = "a" },
                        .with { $0.boolValue = true },
                        .with { $0.doubleValue = 2.5 }, .with { $0.bytesValue = Data([0, 1]) },
                        .with { $0.kvlistValue.values = [.with { $0.key = "x" }] },
                    ]
                }
            ]
        },
        Case("attributes[*] empty", has: [Self.tag("k", "string", "\"\"")]) { _, span in
            span.attributes = [.with { $0.key = "k" }]
        },
    ]

    private static let eventsAndLinks = [
        Case("events[*].time_unix_nano", has: [#""logs":[{"timestamp":7,"fields":[]}]"#]) { _, span in
            span.events = [.with { $0.timeUnixNano = 7_999 }]
        },
        Case("events[*].name", has: [#""fields":[\#(Self.tag("event", "string", "\"boom\""))]"#]) { _, span in
            span.events = [.with { $0.name = "boom" }]
        },
        Case("events[*].name", has: [#""fields":[\#(Self.tag("event", "string", "\"mine\""))]"#]) { _, span in
            span.events = [
                .with { event in
                    event.name = "boom"
                    event.attributes = [Self.text("event", "mine")]
                }
            ]
        },
        Case("events[*].attributes", has: [#""fields":[\#(Self.tag("k", "string", "\"v\""))]"#]) { _, span in
            span.events = [.with { $0.attributes = [Self.text("k", "v")] }]
        },
        Case(
            "events[*].dropped_attributes_count",
            has: [#""fields":[\#(Self.tag("otel.dropped_attributes_count", "int64", "2"))]"#]
        ) { _, span in
            span.events = [.with { $0.droppedAttributesCount = 2 }]
        },
        Case(
            "links[*]",
            has: [
                #""references":[{"refType":"FOLLOWS_FROM","traceID":"01","spanID":"02"},"#
                    + #"{"refType":"CHILD_OF","traceID":"03","spanID":"04"}]"#
            ]
        ) { _, span in
            span.links = [
                .with { ($0.traceID, $0.spanID) = (Data([1]), Data([2])) },
                .with { link in
                    (link.traceID, link.spanID) = (Data([3]), Data([4]))
                    link.attributes = [Self.text("opentracing.ref_type", "child_of")]
                },
            ]
        },
        Case(
            "links[*] to the parent",
            has: [#""references":[{"refType":"FOLLOWS_FROM","traceID":"01","spanID":"05"}]"#]
        ) { _, span in
            (span.traceID, span.parentSpanID) = (Data([1]), Data([5]))
            span.links = [.with { ($0.traceID, $0.spanID) = (Data([1]), Data([5])) }]
        },
    ]

    private static let statuses = [
        Case(
            "status.code OK, ERROR",
            has: [Self.tag("otel.status_code", "string", "\"OK\"")],
            hasNot: [#""key":"error""#]
        ) { _, span in span.status.code = .ok },
        Case("status.code OK, ERROR", has: [Self.tag("otel.status_code", "string", "\"ERROR\"")]) { _, span in
            span.status.code = .error
        },
        Case("status.code OK, ERROR", hasNot: ["otel.status_code"]) { _, span in span.status.code = .unset },
        Case(
            "status.code ERROR",
            has: [Self.tag("error", "bool", "true")],
            hasNot: [Self.tag("error", "string", "\"no\"")]
        ) { _, span in
            span.status.code = .error
            span.attributes = [Self.text("error", "no")]
        },
        Case("status.message", has: [Self.tag("otel.status_description", "string", "\"broken\"")]) {
            _,
            span in
            span.status.message = "broken"
        },
    ]

    @Test(arguments: Self.cases.indices)
    func `each row holds`(index: Int) throws {
        let testCase = Self.cases[index]
        var span = OTLPSpan.with { $0.endTimeUnixNano = 1 }
        var place = OTLPResourceSpans.with { $0.scopeSpans = [OTLPScopeSpans()] }
        testCase.change(&place, &span)
        place.scopeSpans[0].spans = [span]
        let json = JaegerTrace.json(of: .with { $0.resourceSpans = [place] })
        let text = String(decoding: json, as: UTF8.self)
        for part in testCase.has { #expect(text.contains(part), "\(testCase.row)") }
        for part in testCase.hasNot { #expect(!text.contains(part), "\(testCase.row)") }
    }

    @Test func `each row is held by a case, and each case by a row`() {
        #expect(Set(JaegerMapping.rows.map(\.otlp)) == Set(Self.cases.map(\.row)))
        #expect(Set(JaegerMapping.rows.map(\.otlp)).count == JaegerMapping.rows.count)
    }
}
