import Foundation
import Telemetry
import Testing

@testable import OTLP

@Suite struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `commas stand between values and nowhere else`() {
        let text = self.text { writer in
            writer.object { object in
                object.key("a")
                object.array { array in
                    array.object { _ in }
                    array.array { _ in }
                    array.integer(1)
                    array.string("x")
                    array.null()
                }
                object.member("b", true)
                object.member("c", ["x", "y"])
                object.key("d")
                object.value(encoded: Array("[1]".utf8))
                object.member("e", "z")
            }
        }
        #expect(text == #"{"a":[{},[],1,"x",null],"b":true,"c":["x","y"],"d":[1],"e":"z"}"#)
    }

    @Test func `text is escaped where JSON demands it`() {
        #expect(
            self.text { $0.string("a\"b\\c/\u{8}\u{c}\n\r\t\u{0}\u{1F}\u{7F}é日😀") }
                == #""a\"b\\c/\b\f\n\r\t\u0000\u001f"# + "\u{7F}é日😀\""
        )
        #expect(self.text { $0.object { $0.member("a\"", 1) } } == #"{"a\"":1}"#)
    }

    @Test func `random text reads back as it was`() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<2_000 {
            let scalars = (0..<Int.random(in: 0..<40, using: &random)).compactMap { _ in
                UnicodeScalar(
                    UInt32.random(in: 0..<(Bool.random(using: &random) ? 0x80 : 0x11_0000), using: &random)
                )
            }
            let text = String(String.UnicodeScalarView(scalars))
            let json = Data(self.text { $0.array { $0.string(text) } }.utf8)
            let back = try #require(try JSONSerialization.jsonObject(with: json) as? [String])
            #expect(back.map { Array($0.utf8) } == [Array(text.utf8)])
        }
    }

    @Test func `bytes that are not UTF-8 become replacement characters`() {
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0xA9, 0xE2, 0x82, 0x62]
        #expect(self.text { $0.string(utf8: bytes.span) } == "\"a\u{FFFD}é\u{FFFD}\u{FFFD}b\"")
    }

    @Test func `integers of every size are written whole`() {
        for value in [0, 1, -1, 9, 10, 99, 100, .max, .min] as [Int64] {
            #expect(self.text { $0.integer(value) } == "\(value)")
            #expect(self.text { $0.quotedInteger(value) } == "\"\(value)\"")
        }
        for value in [0, 10_000_000_000_000_000_000, .max] as [UInt64] {
            #expect(self.text { $0.integer(value) } == "\(value)")
            #expect(self.text { $0.quotedInteger(value) } == "\"\(value)\"")
        }
    }

    @Test func `doubles read back as they were and never look like integers`() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            let text = self.text { $0.double(value) }
            #expect(Double(text) == value)
            #expect(text.contains { ".e".contains($0) })
            var reader = JSONReader(Array(text.utf8).span)
            #expect(try reader.double() == value)
        }
        #expect(self.text { $0.double(5) } == "5.0")
        #expect(self.text { $0.double(-0.0) } == "-0.0")
        #expect(self.text { $0.double(.nan) } == #""NaN""#)
        #expect(self.text { $0.double(.infinity) } == #""Infinity""#)
        #expect(self.text { $0.double(-.infinity) } == #""-Infinity""#)
    }

    @Test func `bytes are written as base64 and as hexadecimal`() {
        for length in 0..<20 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
            #expect(self.text { $0.base64(bytes) } == "\"\(Data(bytes).base64EncodedString())\"")
            let digits = bytes.map { String(format: "%02x", $0) }.joined()
            #expect(self.text { $0.hex(bytes) } == "\"\(digits)\"")
        }
    }

    @Test func `a body that throws passes its error on`() {
        struct Stop: Error {}
        var writer = JSONWriter()
        #expect(throws: Stop.self) { try writer.object { (_) throws(Stop) in throw Stop() } }
    }
}
