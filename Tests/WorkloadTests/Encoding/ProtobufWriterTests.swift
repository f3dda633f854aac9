import OTLPMessages
import SwiftProtobuf
import Testing

@testable import Workload

@Suite struct ProtobufWriterTests {
    @Test(arguments: [0, 1, 126, 127, 128, 129, 16_382, 16_383, 16_384, 70_000, 2_097_152])
    func `a message of any length is read back, whatever was reserved`(length: Int) throws {
        let text = String(repeating: "x", count: length)
        for reserved in 1...4 {
            var writer = ProtobufWriter()
            writer.message(1, reserving: reserved) { $0.text(1, text) }
            writer.message(1, reserving: reserved) { $0.text(1, "next") }
            let value = try OTLPArrayValue(serializedBytes: writer.bytes)
            #expect(value.values.map(\.stringValue) == [text, "next"])
        }
    }

    @Test func `every kind of value is read back`() throws {
        let texts = OTLPArrayValue.with {
            $0.values = [.with { $0.stringValue = "a" }, .with { $0.stringValue = "" }]
        }
        let values: [(AttributeValue, OTLPAnyValue.OneOf_Value)] = [
            (.text("käse"), .stringValue("käse")), (.text(""), .stringValue("")),
            (.flag(true), .boolValue(true)), (.flag(false), .boolValue(false)),
            (.integer(.max), .intValue(.max)), (.integer(.min), .intValue(.min)), (.integer(0), .intValue(0)),
            (.number(-0.5), .doubleValue(-0.5)), (.number(.infinity), .doubleValue(.infinity)),
            (.texts(["a", ""]), .arrayValue(texts)),
        ]
        for (value, expected) in values {
            var writer = ProtobufWriter()
            writer.attribute(1, Attribute("key", value))
            let resource = try OTLPResource(serializedBytes: writer.bytes)
            #expect(resource.attributes == [.with { ($0.key, $0.value.value) = ("key", expected) }])
        }
    }

    @Test func `signed numbers zigzag`() throws {
        for value in [0, 1, -1, 20, -10, Int32.max, .min] {
            var writer = ProtobufWriter()
            writer.zigzag(6, value)
            let point = try OTLPExponentialHistogramDataPoint(serializedBytes: writer.bytes)
            #expect(point.scale == value)
        }
    }
}
