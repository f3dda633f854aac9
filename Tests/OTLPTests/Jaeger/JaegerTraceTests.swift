import Foundation
import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

@Suite struct JaegerTraceTests {
    private static let fixtures = "traces/jaeger-ui/utils/fixtures"

    private func traces(_ path: String) throws -> OTLPTracesData {
        let json = try TestData.bytes(path)
        return try OTLPTracesData(serializedBytes: OTLPJSON.protobuf(from: json, as: .traces))
    }

    /// The recordings name scopes as specification 1.10 and older did.
    private func expected(_ path: String) throws -> [NSDictionary] {
        let text = try TestData.text(path).replacing("otel.library.", with: "otel.scope.")
        return try #require(try Oracle.object(Array(text.utf8))["data"] as? [NSDictionary])
    }

    @Test(.enabled(if: TestData.isPresent))
    func `the recorded pair of OTLP and Jaeger is met`() throws {
        let ours = JaegerTrace.json(of: try self.traces("\(Self.fixtures)/otlp2jaeger-in.json"))
        #expect(try Oracle.object(ours) == self.expected("\(Self.fixtures)/otlp2jaeger-out.json")[0])
    }

    @Test(.enabled(if: TestData.isPresent))
    func `the recorded trace of several resources is met, but for what the page adds`() throws {
        let ours = JaegerTrace.json(
            of: try self.traces("\(Self.fixtures)/otlp2jaeger-multi-in-combined.json")
        )
        let expected = try self.expected("\(Self.fixtures)/oltp2jaeger-multi-out.json")[0]
        let object = try Oracle.object(ours)
        #expect(object["processes"] as? NSDictionary == expected["processes"] as? NSDictionary)
        let spans = try #require(object["spans"] as? [NSDictionary])
        let expectedSpans = try #require(expected["spans"] as? [NSDictionary])
        #expect(spans.count == expectedSpans.count)
        for span in spans {
            let twin = try #require(
                expectedSpans.first { $0["spanID"] as? String == span["spanID"] as? String }
            )
            for key in ["traceID", "operationName", "startTime", "duration", "tags", "logs", "processID"] {
                #expect(span[key] as? NSObject == twin[key] as? NSObject, "\(key)")
            }
            let references = try #require(twin["references"] as? [[String: Any]]).map { reference in
                reference.filter { $0.key != "span" } as NSDictionary
            }
            #expect(span["references"] as? [NSDictionary] == references)
        }
    }

    @Test(.enabled(if: TestData.isPresent))
    func `members are those of Jaeger's own model`() throws {
        let model = try Oracle.object(
            TestData.bytes("traces/jaeger/uimodel/converter/v1/json/fixtures/ui_01.json")
        )
        let modelSpan = try #require((model["spans"] as? [NSDictionary])?.first)
        let folder = "traces/jaeger/storage/integration/fixtures/traces"
        for path in try TestData.files(in: folder, ending: ".json") {
            let trace = try Oracle.object(JaegerTrace.json(of: try self.traces(path)))
            #expect(Set(trace.allKeys as? [String] ?? []) == Set(model.allKeys as? [String] ?? [""]))
            for span in try #require(trace["spans"] as? [NSDictionary]) {
                let keys = Set(span.allKeys as? [String] ?? []).subtracting(["flags"])
                #expect(keys == Set(modelSpan.allKeys as? [String] ?? []), "\(path)")
            }
        }
    }

    @Test(.enabled(if: TestData.isPresent))
    func `recorded links keep their types`() throws {
        let path = "traces/jaeger/storage/integration/fixtures/traces/link_attributes_trace.json"
        let text = String(decoding: JaegerTrace.json(of: try self.traces(path)), as: UTF8.self)
        let references = [("CHILD_OF", "ff", "ff"), ("CHILD_OF", "01", "02"), ("FOLLOWS_FROM", "01", "02")]
            .map {
                #"{"refType":"\#($0.0)","traceID":"\#(String(repeating: "0", count: 30))\#($0.1)","#
                    + #""spanID":"\#(String(repeating: "0", count: 14))\#($0.2)"}"#
            }
        #expect(text.contains(#""references":[\#(references.joined(separator: ","))]"#))
    }

    @Test func `identical processes are shared, others are not`() throws {
        func place(_ attributes: [(String, String)], _ id: UInt8) -> OTLPResourceSpans {
            .with { place in
                place.resource.attributes = attributes.map { JaegerMappingTests.text($0.0, $0.1) }
                place.scopeSpans = [.with { $0.spans = [.with { $0.spanID = Data([id]) }] }]
            }
        }
        let trace = OTLPTracesData.with { trace in
            trace.resourceSpans = [
                place([("service.name", "a"), ("x", "1"), ("y", "2")], 1), place([("service.name", "b")], 2),
                place([("y", "2"), ("service.name", "a"), ("x", "1")], 3), place([("service.name", "a")], 4),
                OTLPResourceSpans(),
            ]
        }
        let object = try Oracle.object(JaegerTrace.json(of: trace))
        let spans = try #require(object["spans"] as? [NSDictionary])
        #expect(spans.map { $0["processID"] as? String } == ["p1", "p2", "p1", "p3"])
        #expect((object["processes"] as? NSDictionary)?.count == 3)
    }

    @Test func `a trace without spans is an empty one`() {
        let text = String(decoding: JaegerTrace.json(of: OTLPTracesData()), as: UTF8.self)
        #expect(text == #"{"traceID":"","spans":[],"processes":{},"warnings":null}"#)
    }

    @Test func `values within values end somewhere`() throws {
        var value = OTLPAnyValue.with { $0.stringValue = "x" }
        for _ in 0..<150 { value = .with { outer in outer.arrayValue.values = [value] } }
        let trace = OTLPTracesData.with { trace in
            let attribute = OTLPKeyValue.with { ($0.key, $0.value) = ("k", value) }
            trace.resourceSpans = [
                .with { $0.scopeSpans = [.with { $0.spans = [.with { $0.attributes = [attribute] }] }] }
            ]
        }
        #expect(throws: Never.self) { try Oracle.object(JaegerTrace.json(of: trace)) }
        #expect(throws: Never.self) { try Oracle.object(SeedTrace.json(of: trace)) }
    }
}
