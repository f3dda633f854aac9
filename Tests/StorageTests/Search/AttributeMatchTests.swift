import Storage
import Telemetry
import TestSupport
import Testing

@Suite struct AttributeMatchTests {
    private static func matches(_ wanted: [AttributeMatch], _ spans: [TestSpan]) throws -> Bool {
        let frames = try TestEdge().spans(spans)
        let frame = try #require(frames.first)
        let payload = try frame.frame.payload(frame.bytes.raw)
        return try AttributeMatch.matches(wanted, payload, try #require(frame.frame.entries.first))
    }

    private static func span(_ number: UInt64, _ attributes: [String: String]) -> TestSpan {
        TestSpan(trace: TraceID(high: 1, low: 1), span: number, attributes: attributes)
    }

    @Test func `one span must have all attributes, in itself or in its resource`() throws {
        let spans = [Self.span(1, ["a": "1"]), Self.span(2, ["b": "2", "c": "3"])]
        let a = AttributeMatch(key: "a", value: "1")
        let b = AttributeMatch(key: "b", value: "2")
        let c = AttributeMatch(key: "c", value: "3")
        let service = AttributeMatch(key: "service.name", value: "checkout")
        #expect(try Self.matches([a], spans))
        #expect(try Self.matches([b, c], spans))
        #expect(try Self.matches([c, service], spans))
        #expect(try Self.matches([], spans))
        #expect(try !Self.matches([a, b], spans))
        #expect(try !Self.matches([AttributeMatch(key: "a", value: "2")], spans))
        #expect(try !Self.matches([AttributeMatch(key: "A", value: "1")], spans))
        #expect(try !Self.matches([AttributeMatch(key: "service.name", value: "cart"), a], spans))
    }
}
