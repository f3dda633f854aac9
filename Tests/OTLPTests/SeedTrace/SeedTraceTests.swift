import Foundation
import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import OTLP

@Suite struct SeedTraceTests {
    private func text(_ trace: OTLPTracesData) -> String {
        String(decoding: SeedTrace.json(of: trace), as: UTF8.self)
    }

    private func trace(_ spans: [OTLPSpan]) -> OTLPTracesData {
        .with { $0.resourceSpans = [.with { $0.scopeSpans = [.with { $0.spans = spans }] }] }
    }

    /// One span with everything in it.
    private static let whole = OTLPTracesData.with { trace in
        let attribute = JaegerMappingTests.attribute
        let text = JaegerMappingTests.text
        let span = OTLPSpan.with { span in
            span.traceID = Data([0xAB, 0xCD])
            span.spanID = Data([1])
            span.parentSpanID = Data([2])
            span.name = "op"
            span.kind = .client
            span.startTimeUnixNano = 1_706_678_909_209_712_000
            span.endTimeUnixNano = 1_706_678_909_209_835_001
            span.traceState = "a=b"
            span.flags = 1
            span.status = .with { ($0.code, $0.message) = (.error, "bad") }
            span.attributes = [attribute("n") { $0.intValue = .max }, attribute("d") { $0.doubleValue = 3 }]
            span.droppedAttributesCount = 1
            span.events = [
                .with { event in
                    (event.name, event.timeUnixNano) = ("e", 1)
                    event.attributes = [text("k", "v")]
                }
            ]
            span.links = [
                .with { link in
                    (link.traceID, link.spanID, link.traceState, link.flags) = (
                        Data([3]), Data([4]), "c=d", 257
                    )
                    link.droppedAttributesCount = 2
                }
            ]
        }
        trace.resourceSpans = [
            .with { place in
                place.resource.attributes = [text("service.name", "shop"), text("host.name", "h1")]
                place.schemaURL = "s1"
                place.scopeSpans = [
                    .with { scopeSpans in
                        scopeSpans.scope = .with { ($0.name, $0.version) = ("lib", "1.0") }
                        scopeSpans.spans = [span]
                    }
                ]
            }
        ]
    }

    @Test func `a span keeps everything it has`() {
        let expected = """
            {"trace_id":"abcd","spans":[{"span_id":"01","parent_span_id":"02","operation_name":"op",\
            "start_time":"2024-01-31T05:28:29.209712000Z","duration_ms":0.123001,"status":"error",\
            "tags":{"n":9223372036854775807,"d":3.0},"kind":"client","service":"shop",\
            "start_time_unix_nano":"1706678909209712000","end_time_unix_nano":"1706678909209835001",\
            "trace_state":"a=b","flags":1,"status_code":2,"status_message":"bad",\
            "events":[{"name":"e","time":"1970-01-01T00:00:00.000000001Z","time_unix_nano":"1","attributes":{"k":"v"}}],\
            "links":[{"trace_id":"03","span_id":"04","trace_state":"c=d","flags":257,"attributes":{},\
            "dropped_attributes_count":2}],\
            "resource":{"attributes":{"service.name":"shop","host.name":"h1"},"schema_url":"s1"},\
            "scope":{"name":"lib","version":"1.0","attributes":{}},"dropped_attributes_count":1}]}
            """
        #expect(self.text(Self.whole) == expected)
    }

    @Test(.enabled(if: TestData.isPresent))
    func `recorded traces have the members that the seed promises`() throws {
        for (path, signal) in try OTLPJSONTests.requests() where signal == .traces {
            let bytes = try OTLPJSON.protobuf(from: TestData.bytes(path), as: .traces)
            let object = try Oracle.object(SeedTrace.json(of: OTLPTracesData(serializedBytes: bytes)))
            #expect(object["trace_id"] is String)
            let spans = try #require(object["spans"] as? [[String: Any]])
            for span in spans {
                #expect(span["span_id"] is String)
                #expect(span["parent_span_id"] is String || span["parent_span_id"] is NSNull)
                #expect(span["operation_name"] is String)
                #expect((span["start_time"] as? String)?.count == 30)
                #expect(span["duration_ms"] is NSNumber)
                #expect(SeedStatus(rawValue: span["status"] as? String ?? "") != nil)
                #expect(span["tags"] is [String: Any])
            }
            let starts = spans.compactMap { $0["start_time"] as? String }
            #expect(starts == starts.sorted())
        }
    }

    @Test func `spans stand by start, then by id, in whatever order they came`() throws {
        let spans = [(5, 9), (5, 1), (3, 7), (8, 0)].map { start, id in
            OTLPSpan.with { ($0.startTimeUnixNano, $0.spanID) = (UInt64(start), Data([UInt8(id)])) }
        }
        let text = self.text(self.trace(spans))
        #expect(text == self.text(self.trace(spans.reversed())))
        let ids = try #require(Oracle.object(Array(text.utf8))["spans"] as? [NSDictionary]).map {
            $0["span_id"] as? String
        }
        #expect(ids == ["07", "01", "09", "00"])
    }

    @Test func `an open span says so, a root has no parent`() {
        let open = self.text(
            self.trace([.with { ($0.startTimeUnixNano, $0.parentSpanID) = (5, Data(count: 8)) }])
        )
        #expect(open.contains(#""parent_span_id":null"#))
        #expect(open.contains(#""duration_ms":0,"#))
        #expect(open.contains(#""open":true"#))
        let backwards = self.text(self.trace([.with { ($0.startTimeUnixNano, $0.endTimeUnixNano) = (5, 4) }]))
        #expect(backwards.contains(#""duration_ms":0,"#))
        #expect(!backwards.contains("open"))
    }

    @Test(arguments: [
        (0, "0"), (1, "0.000001"), (1_000_000, "1"), (1_500_000, "1.5"), (123_000, "0.123"),
        (12_345_678_901_234, "12345678.901234"), (UInt64.max, "18446744073709.551615"),
    ])
    func `durations are exact`(nanoseconds: UInt64, expected: String) {
        var writer = JSONWriter()
        writer.milliseconds(nanoseconds: nanoseconds)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000000Z"), (951_782_399_999_999_999, "2000-02-28T23:59:59.999999999Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
        (UInt64.max, "2554-07-21T23:34:33.709551615Z"),
    ])
    func `times are dates of the Gregorian calendar`(nanoseconds: UInt64, expected: String) {
        var writer = JSONWriter()
        writer.timestamp(unixNanoseconds: nanoseconds)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"\(expected)\"")
    }

    @Test func `random times are what Foundation makes of them`() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<2_000 {
            let seconds = UInt64.random(in: 0..<18_446_744_073, using: &random)
            var writer = JSONWriter()
            writer.timestamp(unixNanoseconds: seconds * 1_000_000_000)
            let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
            #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"\(date.dropLast()).000000000Z\"")
        }
    }

    @Test func `values can be told apart`() throws {
        let values: [(OTLPAnyValue, String)] = [
            (.with { $0.stringValue = "5" }, #""5""#), (.with { $0.intValue = 5 }, "5"),
            (.with { $0.doubleValue = 5 }, "5.0"), (.with { $0.doubleValue = 1e21 }, "1e+21"),
            (.with { $0.doubleValue = .nan }, #"{"double":"NaN"}"#),
            (.with { $0.stringValue = "NaN" }, #""NaN""#),
            (.with { $0.boolValue = true }, "true"), (OTLPAnyValue(), "null"),
            (.with { $0.bytesValue = Data([0, 1]) }, #"{"bytes":"AAE="}"#),
            (
                .with { $0.kvlistValue.values = [JaegerMappingTests.text("bytes", "AAE=")] },
                #"{"map":{"bytes":"AAE="}}"#
            ),
            (
                .with { $0.kvlistValue.values = [JaegerMappingTests.text("map", "x")] },
                #"{"map":{"map":"x"}}"#
            ),
            (.with { $0.kvlistValue.values = [JaegerMappingTests.text("a", "x")] }, #"{"a":"x"}"#),
            (.with { $0.kvlistValue = OTLPKeyValueList() }, "{}"),
            (.with { $0.arrayValue.values = [OTLPAnyValue(), .with { $0.intValue = 1 }] }, "[null,1]"),
        ]
        for (value, expected) in values {
            var writer = JSONWriter()
            writer.attributeValue(value)
            #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        }
    }

    @Test func `of a key that comes twice the last value counts`() {
        var writer = JSONWriter()
        writer.attributes([("a", "1"), ("b", "2"), ("a", "3")].map { JaegerMappingTests.text($0.0, $0.1) })
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"b":"2","a":"3"}"#)
    }
}
