import Foundation
import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

@Suite struct ProtobufTranscoderTests {
    private func json(
        _ protobuf: [UInt8],
        as document: OTLPJSON.Document = .request(.traces)
    ) throws -> String {
        String(decoding: try OTLPJSON.json(from: protobuf, as: document), as: UTF8.self)
    }

    @Test func `fields that interleave are gathered`() throws {
        // Resource: attribute a, dropped 1, attribute b, dropped 2.
        let resource: [UInt8] = [10, 3, 10, 1, 0x61, 16, 1, 10, 3, 10, 1, 0x62, 16, 2]
        let bytes: [UInt8] = [10, 16, 10, 14] + resource
        #expect(
            try self.json(bytes)
                == #"{"resourceSpans":[{"resource":{"attributes":[{"key":"a"},{"key":"b"}],"droppedAttributesCount":2}}]}"#
        )
    }

    @Test func `a message in two parts is one`() throws {
        let bytes: [UInt8] = [10, 10, 10, 2, 16, 1, 10, 4, 10, 2, 10, 0]
        #expect(
            try self.json(bytes)
                == #"{"resourceSpans":[{"resource":{"attributes":[{}],"droppedAttributesCount":1}}]}"#
        )
    }

    @Test func `of a choice the member that comes last is written`() throws {
        let value = OTLPAnyValue.with { $0.intValue = 5 }
        let first = OTLPAnyValue.with { $0.stringValue = "x" }
        let body: [UInt8] = try first.serializedBytes() + value.serializedBytes()
        var buffer = ProtobufBuffer()
        buffer.message(1) { $0.message(2) { $0.message(2) { $0.message(5) { $0.bytes += body } } } }
        #expect(
            try self.json(buffer.bytes, as: .request(.logs))
                == #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"5"}}]}]}]}"#
        )
    }

    @Test func `numbers may be packed, single, or both`() throws {
        var point = ProtobufBuffer()
        for count in [1, 2] as [UInt64] {
            point.varint(6 << 3 | 1)
            point.fixed64(count)
        }
        point.message(6) { packed in
            packed.fixed64(3)
            packed.fixed64(4)
        }
        var data = ProtobufBuffer()
        data.message(1) {
            $0.message(2) { $0.message(2) { $0.message(9) { $0.message(1) { $0.bytes += point.bytes } } } }
        }
        let text = try self.json(data.bytes, as: .request(.metrics))
        #expect(text.contains(#""dataPoints":[{"bucketCounts":["1","2","3","4"]}]"#))
    }

    @Test func `every kind of value is written as OTLP has it`() throws {
        let span = OTLPSpan.with { span in
            span.traceID = Data([0xAB, 0xCD])
            span.flags = 257
            span.kind = .client
            span.startTimeUnixNano = .max
            span.attributes = [
                .with { $0.value.doubleValue = .nan }, .with { $0.value.doubleValue = 5 },
                .with { $0.value.doubleValue = -.infinity }, .with { $0.value.bytesValue = Data([0, 1]) },
                .with { $0.value.intValue = .min }, .with { $0.value.boolValue = false },
                .with { $0.value.stringValueStrindex = -1 }, .with { $0.value.stringValue = "\"\\\u{1}é\n" },
            ]
        }
        let traces = OTLPTracesData.with {
            $0.resourceSpans = [.with { $0.scopeSpans = [.with { $0.spans = [span] }] }]
        }
        let text = try self.json(traces.serializedBytes())
        let attributes = [
            #"{"doubleValue":"NaN"}"#, #"{"doubleValue":5.0}"#, #"{"doubleValue":"-Infinity"}"#,
            #"{"bytesValue":"AAE="}"#, #"{"intValue":"-9223372036854775808"}"#, #"{"boolValue":false}"#,
            #"{"stringValueStrindex":-1}"#, #"{"stringValue":"\"\\\u0001é\n"}"#,
        ].map { "{\"value\":\($0)}" }.joined(separator: ",")
        let expected =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"abcd","flags":257,"kind":3,"#
            + #""startTimeUnixNano":"18446744073709551615","attributes":[\#(attributes)]}]}]}]}"#
        #expect(text == expected)
    }

    @Test func `text that is not UTF-8 is mended`() throws {
        // schema_url of ResourceSpans: a, 0xFF, b and half a character.
        #expect(
            try self.json([10, 6, 26, 4, 0x61, 0xFF, 0x62, 0xC3])
                == "{\"resourceSpans\":[{\"schemaUrl\":\"a\u{FFFD}b\u{FFFD}\"}]}"
        )
    }

    @Test func `unknown fields are left out`() throws {
        #expect(try self.json([0x98, 0x06, 1, 0xA2, 0x06, 1, 0, 0xA5, 0x06, 0, 0, 0, 0]) == "{}")
        // Known numbers with another kind of value.
        #expect(try self.json([8, 1, 13, 0, 0, 0, 0]) == "{}")
    }

    @Test(
        arguments: [
            ([10], ProtobufFailure.truncated(atByte: 1)), ([10, 5, 0], .truncated(atByte: 0)),
            ([0x80], .truncated(atByte: 0)), ([0, 0], .invalidTag(atByte: 0)),
            ([11], .unsupportedWireType(atByte: 0)), ([14], .unsupportedWireType(atByte: 0)),
            ([10, 2, 25, 0], .truncated(atByte: 3)),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], .overlongInteger(atByte: 0)),
            ([10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated(atByte: 0)),
            ([0xFA, 0xFF, 0xFF, 0xFF, 0x1F, 0], .invalidTag(atByte: 0)),
        ] as [([UInt8], ProtobufFailure)]
    )
    func `what is not protobuf is refused`(bytes: [UInt8], expected: ProtobufFailure) throws {
        #expect(throws: expected) { try OTLPJSON.json(from: bytes, as: .request(.traces)) }
    }

    @Test func `messages may be nested 64 deep and no deeper`() throws {
        func nested(_ levels: Int) -> [UInt8] {
            var content: [UInt8] = []
            for _ in 0..<levels {
                var buffer = ProtobufBuffer()
                buffer.message(5) { value in value.message(1) { $0.bytes += content } }
                content = buffer.bytes
            }
            var request = ProtobufBuffer()
            request.message(1) { $0.message(2) { $0.message(2) { $0.message(5) { $0.bytes += content } } } }
            return request.bytes
        }
        // Request, resource, scope, record and body: 5, then two for each level.
        #expect(throws: Never.self) { try OTLPJSON.json(from: nested(29), as: .request(.logs)) }
        #expect {
            try OTLPJSON.json(from: nested(30), as: .request(.logs))
        } throws: { error in
            if case .tooDeep? = error as? ProtobufFailure { true } else { false }
        }
        #expect(throws: ProtobufFailure.self) { try OTLPJSON.json(from: nested(2_000), as: .request(.logs)) }
    }

    @Test func `every beginning of a message is refused or is a message`() throws {
        var generator = RandomOTLP(seed: 7, maxDepth: 6)
        let text = generator.message(.tracesData)
        let bytes = try OTLPJSON.protobuf(from: Array(text.utf8), as: .traces)
        for length in 0..<min(bytes.count, 3_000) {
            let ours = try? OTLPJSON.json(from: Array(bytes[..<length]), as: .request(.traces))
            let oracle = try? OTLPTracesData(serializedBytes: Array(bytes[..<length]))
            #expect((ours == nil) == (oracle == nil))
        }
    }

    @Test func `a detail that is not known is written with its bytes`() throws {
        let status = try RPCStatus.with { status in
            status.code = 3
            status.message = "bad"
            status.details = [
                try Google_Protobuf_Any(message: OTLPStatus.with { $0.message = "x" }),
                try Google_Protobuf_Any(
                    message: RPCRetryInfo.with { info in
                        info.retryDelay.seconds = 1
                        info.retryDelay.nanos = 500_000_000
                    }
                ),
            ]
        }
        #expect(
            try self.json(status.serializedBytes(), as: .status)
                == #"{"code":3,"message":"bad","details":[{"@type":"type.googleapis.com/opentelemetry.proto.trace.v1.Status","#
                + #""value":"EgF4"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}"#
        )
    }
}
