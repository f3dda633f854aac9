import Foundation
import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import OTLP

@Suite struct OTLPJSONTests {
    private static let folder = "otlp/otlp2parquet"

    /// Pairs of the same data: JSON, protobuf, signal.
    static let pairs: [(json: String, protobuf: String, signal: OTLPSignal)] =
        [
            ("trace.json", "trace.pb", .traces), ("traces.jsonl", "traces.pb", .traces),
            ("logs.jsonl", "logs.pb", .logs),
        ]
        + ["gauge", "sum", "histogram", "exponential_histogram", "summary", "mixed"].flatMap { kind in
            [
                ("metrics_\(kind).json", "metrics_\(kind).pb", OTLPSignal.metrics),
                ("metrics_\(kind).jsonl", "metrics_\(kind).pb", OTLPSignal.metrics),
            ]
        }

    /// Whole requests in JSON with ids in hexadecimal.
    static func requests() throws -> [(path: String, signal: OTLPSignal)] {
        let jaeger = "traces/jaeger/storage/integration/fixtures/traces"
        return try TestData.files(in: jaeger, ending: ".json").map { ($0, .traces) } + [
            ("otlp/opentelemetry-proto/examples/trace.json", .traces),
            ("otlp/opentelemetry-proto/examples/metrics.json", .metrics),
            ("otlp/opentelemetry-proto/examples/logs.json", .logs),
            ("otlp/opentelemetry-proto/examples/events.json", .logs),
            ("traces/jaeger/storage/v2/memory/fixtures/otel_traces_01.json", .traces),
            ("traces/jaeger-ui/utils/fixtures/otlp2jaeger-in.json", .traces),
            ("traces/jaeger-ui/utils/fixtures/otlp2jaeger-in-error.json", .traces),
            ("traces/jaeger-ui/utils/fixtures/otlp2jaeger-multi-in-combined.json", .traces),
        ]
    }

    @Test(.enabled(if: TestData.isPresent), arguments: pairs)
    func `recorded JSON gives the messages of its protobuf twin`(
        json: String,
        protobuf: String,
        signal: OTLPSignal
    ) throws {
        // The recordings have ids in base64, which OTLP/JSON does not allow.
        let text = Oracle.idsToHex(try TestData.text("\(Self.folder)/\(json)"))
        let lines = json.hasSuffix("jsonl") ? text.split(separator: "\n").map { String($0) } : [text]
        // Protobuf merges messages that are written one after the other.
        let ours = try lines.flatMap { try OTLPJSON.protobuf(from: Array($0.utf8), as: signal) }
        let twin = try TestData.bytes("\(Self.folder)/\(protobuf)")
        #expect(!lines.isEmpty)
        #expect(Oracle.areEqual(try Oracle.message(ours, signal), try Oracle.message(twin, signal)))
    }

    @Test(.enabled(if: TestData.isPresent), arguments: pairs)
    func `recorded protobuf becomes JSON and comes back as the same messages`(
        json: String,
        protobuf: String,
        signal: OTLPSignal
    ) throws {
        let twin = try TestData.bytes("\(Self.folder)/\(protobuf)")
        let text = try OTLPJSON.json(from: twin, as: .request(signal))
        let back = try OTLPJSON.protobuf(from: text, as: signal)
        #expect(Oracle.areEqual(try Oracle.message(back, signal), try Oracle.message(twin, signal)))
        let plain = Oracle.idsToBase64(String(decoding: text, as: UTF8.self))
        let read = try Oracle.message(json: plain, signal)
        #expect(Oracle.areEqual(read, try Oracle.message(twin, signal)))
    }

    @Test(.enabled(if: TestData.isPresent))
    func `recorded requests are read as SwiftProtobuf reads them`() throws {
        let requests = try Self.requests()
        #expect(requests.count > 30)
        for (path, signal) in requests {
            let text = try TestData.text(path)
            let ours = try OTLPJSON.protobuf(from: Array(text.utf8), as: signal)
            let oracle = try Oracle.message(json: Oracle.idsToBase64(text), signal)
            #expect(Oracle.areEqual(try Oracle.message(ours, signal), oracle), "\(path)")
            let back = try OTLPJSON.protobuf(
                from: OTLPJSON.json(from: ours, as: .request(signal)),
                as: signal
            )
            #expect(Oracle.areEqual(try Oracle.message(back, signal), oracle), "\(path)")
        }
    }

    @Test(.enabled(if: TestData.isPresent))
    func `a recorded file of requests, one on each line, is read line by line`() throws {
        let lines = try TestData.text("agents/open-agent-traces/test-traces.json").split(separator: "\n")
        #expect(lines.count > 1)
        for line in lines {
            let ours = try OTLPJSON.protobuf(from: Array(line.utf8), as: .traces)
            let oracle = try Oracle.message(json: Oracle.idsToBase64(String(line)), .traces)
            #expect(Oracle.areEqual(try Oracle.message(ours, .traces), oracle))
        }
        let joined = Array(lines.joined(separator: "\n").utf8)
        let failure = try #require(throws: JSONFailure.self) {
            try OTLPJSON.protobuf(from: joined, as: .traces)
        }
        #expect(failure.expected == .end)
    }

    @Test(
        .enabled(if: TestData.isPresent),
        arguments: [
            ("log_invalid_severity", OTLPSignal.logs, JSONFailure.Expectation.enumeration),
            ("malformed", .logs, .commaOrObjectEnd),
            ("metrics_invalid_temporality", .metrics, .enumeration),
            ("trace_invalid_base64", .traces, .hexadecimal),
            ("trace_invalid_kind", .traces, .enumeration),
            ("trace_mixed_encoding", .traces, .hexadecimal),
        ]
    )
    func `recorded invalid requests are refused`(
        name: String,
        signal: OTLPSignal,
        expected: JSONFailure.Expectation
    ) throws {
        let bytes = try TestData.bytes("\(Self.folder)/invalid/\(name).json")
        let failure = try #require(throws: JSONFailure.self) {
            try OTLPJSON.protobuf(from: bytes, as: signal)
        }
        #expect(failure.expected == expected)
        #expect((1..<bytes.count).contains(failure.byte))
    }

    @Test(.enabled(if: TestData.isPresent))
    func `recorded base64 ids are refused`() throws {
        let bytes = try TestData.bytes("\(Self.folder)/trace.json")
        let failure = try #require(throws: JSONFailure.self) {
            try OTLPJSON.protobuf(from: bytes, as: .traces)
        }
        #expect(failure.expected == .hexadecimal)
    }

    @Test(.enabled(if: TestData.isPresent))
    func `every beginning of a request is refused`() throws {
        for (path, signal) in [
            ("otlp/opentelemetry-proto/examples/metrics.json", OTLPSignal.metrics),
            ("otlp/opentelemetry-proto/examples/events.json", .logs),
            ("traces/jaeger/storage/integration/fixtures/traces/link_attributes_trace.json", .traces),
        ] {
            let text = try TestData.text(path).trimmingCharacters(in: .whitespacesAndNewlines)
            let bytes = Array(text.utf8)
            for length in 0..<bytes.count {
                #expect(throws: JSONFailure.self) {
                    try OTLPJSON.protobuf(from: bytes.span.extracting(first: length), as: signal)
                }
            }
        }
    }

    @Test func `random requests are read as SwiftProtobuf reads them`() throws {
        for seed in 0..<UInt64(1_500) {
            let signal = OTLPSignal.allCases[Int(seed % 3)]
            var generator = RandomOTLP(seed: seed)
            let text = generator.message(OTLPJSON.Document.request(signal).message)
            let oracle = try Oracle.message(json: Oracle.idsToBase64(text), signal)
            let ours = try OTLPJSON.protobuf(from: Array(text.utf8), as: signal)
            let read = try Oracle.message(ours, signal)
            // By bytes, because a NaN equals nothing.
            let bytes: [UInt8] = try oracle.serializedBytes()
            #expect(try read.serializedBytes() == bytes, "seed \(seed)")
            let json = try OTLPJSON.json(from: ours, as: .request(signal))
            let back = try OTLPJSON.protobuf(from: json, as: signal)
            #expect(try Oracle.message(back, signal).serializedBytes() == bytes, "seed \(seed)")
            // And their writing, which orders fields by number.
            let fromOracle = try OTLPJSON.json(from: bytes, as: .request(signal))
            #expect(fromOracle == json, "seed \(seed)")
        }
    }

    @Test func `20,000 damaged requests neither trap nor give what is not protobuf`() throws {
        let alphabet = Array("{}[]\",:\\0123456789.eE+-tfnu \n".utf8)
        var taken = 0
        for seed in 0..<UInt64(20) {
            let signal = OTLPSignal.allCases[Int(seed % 3)]
            var random = SplitMix64(seed: seed)
            var generator = RandomOTLP(seed: seed, maxDepth: 6)
            let whole = Array(generator.message(OTLPJSON.Document.request(signal).message).utf8.prefix(3_000))
            for round in 0..<1_000 {
                var damaged = whole
                random.mutate(&damaged, with: alphabet)
                guard let protobuf = try? OTLPJSON.protobuf(from: damaged, as: signal) else { continue }
                taken += 1
                let comment = Comment(rawValue: "seed \(seed), round \(round)")
                #expect(throws: Never.self, comment) { try Oracle.message(protobuf, signal) }
            }
        }
        #expect(taken < 20_000)
    }

    @Test func `20,000 damaged protobuf messages neither trap nor give what is not JSON`() throws {
        var taken = 0
        for seed in 0..<UInt64(20) {
            let signal = OTLPSignal.allCases[Int(seed % 3)]
            var random = SplitMix64(seed: seed)
            var generator = RandomOTLP(seed: seed, maxDepth: 6)
            let text = generator.message(OTLPJSON.Document.request(signal).message)
            let whole = try OTLPJSON.protobuf(from: Array(text.utf8), as: signal).prefix(2_000)
            for round in 0..<1_000 {
                var damaged = Array(whole)
                random.mutate(&damaged, with: [0, 1, 2, 8, 10, 18, 26, 0x7F, 0x80, 0xFF])
                guard let json = try? OTLPJSON.json(from: damaged, as: .request(signal)) else { continue }
                taken += 1
                let comment = Comment(rawValue: "seed \(seed), round \(round)")
                #expect(throws: Never.self, comment) { try OTLPJSON.protobuf(from: json, as: signal) }
            }
        }
        #expect(taken > 0)
    }
}
