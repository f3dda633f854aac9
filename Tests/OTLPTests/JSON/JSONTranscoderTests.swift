import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import OTLP

@Suite struct JSONTranscoderTests {
    private func span(_ members: String) throws -> OTLPSpan {
        let json = #"{"resourceSpans":[{"scopeSpans":[{"spans":[{\#(members)}]}]}]}"#
        let bytes = try OTLPJSON.protobuf(from: Array(json.utf8), as: .traces)
        return try OTLPTracesData(serializedBytes: bytes).resourceSpans[0].scopeSpans[0].spans[0]
    }

    private func value(_ json: String) throws -> OTLPAnyValue {
        try self.span(#""attributes":[{"key":"k","value":\#(json)}]"#).attributes[0].value
    }

    private func failure(_ members: String) throws -> JSONFailure {
        try #require(throws: JSONFailure.self) { try self.span(members) }
    }

    @Test func `names may be in snake case and may be escaped`() throws {
        let span = try self.span(#""trace_id":"0AFF","na\u006de":"n","start_time_unix_nano":"5""#)
        #expect([UInt8](span.traceID) == [0x0A, 0xFF])
        #expect(span.name == "n")
        #expect(span.startTimeUnixNano == 5)
    }

    @Test func `unknown members are judged and skipped`() throws {
        let span = try self.span(
            #""x":{"a":[1,{"b":null}],"c":"\n"},"name":"n","droppedAttributesCounts":"text""#
        )
        #expect(span == OTLPSpan.with { $0.name = "n" })
        #expect(try self.failure(#""x":{"a":[1,}}"#).expected == .value)
        #expect(try self.failure(#""x":[1}"#).expected == .commaOrArrayEnd)
        #expect(try self.failure(#""x":{"a" 1}"#).expected == .colon)
    }

    @Test func `null is absence`() throws {
        let span = try self.span(#""name":null,"attributes":null,"status":null,"kind":null,"traceId":null"#)
        #expect(span == OTLPSpan())
        #expect(try self.failure(#""attributes":[null]"#).expected == .object)
        #expect(try self.failure(#""name":nul"#).expected == .value)
    }

    @Test func `of a scalar the last one counts, even when it is the default`() throws {
        let span = try self.span(#""name":"a","kind":3,"name":"b","kind":0,"flags":7,"flags":0"#)
        #expect(span == OTLPSpan.with { $0.name = "b" })
    }

    @Test func `messages that come twice merge, lists add up`() throws {
        let span = try self.span(
            #""status":{"code":2},"status":{"message":"m"},"attributes":[{"key":"a"}],"attributes":[{"key":"b"}]"#
        )
        #expect(span.status == OTLPStatus.with { ($0.code, $0.message) = (.error, "m") })
        #expect(span.attributes.map(\.key) == ["a", "b"])
        #expect(try self.value(#"{"stringValue":"a","intValue":"1"}"#).value == .intValue(1))
    }

    @Test func `a default is not written, unless it was chosen`() throws {
        let json =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":0,"name":"","flags":0,"links":[]}]}]}]}"#
        let bytes = try OTLPJSON.protobuf(from: Array(json.utf8), as: .traces)
        #expect(bytes == [10, 4, 18, 2, 18, 0])
        #expect(try self.value(#"{"boolValue":false}"#).value == .boolValue(false))
        #expect(try self.value(#"{"doubleValue":0}"#).value == .doubleValue(0))
        #expect(try self.value("{}").value == nil)
    }

    @Test(arguments: [
        ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("0", 0), ("-0", 0),
        ("1e3", 1_000),
        ("1.0", 1), ("12300e-2", 123), ("100000000000000000000e-2", 1_000_000_000_000_000_000), ("0e99", 0),
    ])
    func `whole numbers are integers however they are written`(text: String, value: Int64) throws {
        #expect(try self.value(#"{"intValue":\#(text)}"#).value == .intValue(value))
        #expect(try self.value(#"{"intValue":"\#(text)"}"#).value == .intValue(value))
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1.5", "1e-1", "1e400", "1e19",
        "99999999999999999999999999", "12345678901234567890123e-3",
    ])
    func `numbers that are no 64-bit integers are refused`(text: String) throws {
        #expect(try self.failure(#""attributes":[{"value":{"intValue":\#(text)}}]"#).expected == .integer)
        #expect(try self.failure(#""attributes":[{"value":{"intValue":"\#(text)"}}]"#).expected == .integer)
    }

    @Test func `integers of fewer bits, and unsigned ones, have their own ranges`() throws {
        #expect(try self.span(#""droppedLinksCount":4294967295"#).droppedLinksCount == .max)
        #expect(try self.failure(#""droppedLinksCount":4294967296"#).expected == .integer)
        #expect(try self.failure(#""droppedLinksCount":-1"#).expected == .integer)
        #expect(try self.span(#""endTimeUnixNano":"18446744073709551615""#).endTimeUnixNano == .max)
        #expect(try self.failure(#""endTimeUnixNano":"18446744073709551616""#).expected == .integer)
        #expect(try self.span(#""kind":77"#).kind == .UNRECOGNIZED(77))
        #expect(try self.failure(#""kind":2147483648"#).expected == .enumeration)
        #expect(try self.failure(#""kind":"2""#).expected == .enumeration)
    }

    @Test(arguments: ["1e309", "-1e999999999999", "\"1e400\""])
    func `numbers beyond a double are refused`(text: String) throws {
        #expect(try self.failure(#""attributes":[{"value":{"doubleValue":\#(text)}}]"#).expected == .double)
    }

    @Test func `a number of thousands of digits is refused`() throws {
        let long = String(repeating: "1", count: 1_025)
        #expect(
            try self.failure(#""attributes":[{"value":{"doubleValue":\#(long)}}]"#).expected == .shortNumber
        )
        #expect(try self.failure(#""x":\#(long)"#).expected == .shortNumber)
    }

    @Test(arguments: [
        "01", "+1", ".5", "1.", "1e", "-", "--1", "0x10", "NaN", "Infinity", "1e+", "\"\"", "\" 1\"",
        "\"1 \"",
    ])
    func `what JSON does not call a number is refused`(text: String) throws {
        #expect(throws: JSONFailure.self) { try self.value(#"{"doubleValue":\#(text)}"#) }
        #expect(throws: JSONFailure.self) { try self.value(#"{"intValue":\#(text)}"#) }
    }

    @Test func `random decimals become the doubles that the standard library reads`() throws {
        var random = SplitMix64(seed: 42)
        for round in 0..<5_000 {
            let digits = Int.random(in: 1..<25, using: &random)
            var text = (0..<digits).map { _ in String(Int.random(in: 0..<10, using: &random)) }.joined()
            text = String(text.drop { $0 == "0" })
            if text.isEmpty { text = "0" }
            if Bool.random(using: &random) { text += ".\(UInt64.random(in: 0..<1_000_000, using: &random))" }
            if Bool.random(using: &random) { text += "e\(Int.random(in: -340..<300, using: &random))" }
            guard let expected = Double(text), expected.isFinite else { continue }
            #expect(
                try self.value(#"{"doubleValue":\#(text)}"#).value == .doubleValue(expected),
                "\(round): \(text)"
            )
        }
    }

    @Test func `strings stand for the text that their escapes say`() throws {
        let json = #"{"stringValue":"a\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\ude00é€😀"}"#
        #expect(try self.value(json).value == .stringValue("a\"\\/\u{8}\u{c}\n\r\tAé€😀é€😀"))
        let long = String(repeating: "long text ", count: 50) + #"\n"#
        let expected = String(repeating: "long text ", count: 50) + "\n"
        #expect(try self.value(#"{"stringValue":"\#(long)"}"#).value == .stringValue(expected))
    }

    @Test(arguments: [
        #""\x""#, #""\u12g4""#, #""\uD800""#, #""\uD800x""#, #""\uD800\n""#, #""\uD800\u0041""#, #""\uDC00""#,
        "\"\n\"",
        "\"\u{1}\"", #""\"#, #""\u""#, "\"abc",
    ])
    func `strings that JSON does not allow are refused`(text: String) throws {
        #expect(throws: JSONFailure.self) { try self.value(#"{"stringValue":\#(text)}"#) }
        #expect(throws: JSONFailure.self) { try self.span(#""x":\#(text)"#) }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF], [0xC3, 0x28],
        ] as [[UInt8]]
    )
    func `what is not UTF-8 is refused`(bytes: [UInt8]) throws {
        let json = Array(#"{"x":"abcdefghijk"#.utf8) + bytes + Array(#"lmnop"}"#.utf8)
        let failure = try #require(throws: JSONFailure.self) {
            try OTLPJSON.protobuf(from: json, as: .traces)
        }
        #expect(failure == JSONFailure(atByte: 17, expected: .utf8, found: bytes[0]))
    }

    @Test func `bytes come in every spelling of base64, also with escaped slashes`() throws {
        for text in ["/+8=", "/+8", "_-8=", "_-8", #"\/+8="#] {
            let bytes = try self.value(#"{"bytesValue":"\#(text)"}"#).bytesValue
            #expect([UInt8](bytes) == [0xFF, 0xEF])
        }
        for text in ["A", "AA=", "AAAAA", "AA===", "A*==", "AA==AA==", "=", "AAA==", #"A\n"#] {
            #expect(
                try self.failure(#""attributes":[{"value":{"bytesValue":"\#(text)"}}]"#).expected == .base64
            )
        }
    }

    @Test func `ids are pairs of hexadecimal digits of any number`() throws {
        #expect([UInt8](try self.span(#""spanId":"aAbB""#).spanID) == [0xAA, 0xBB])
        let failure = try self.failure(#""spanId":"aaxb""#)
        #expect(failure.expected == .hexadecimal)
        #expect(failure.found == UInt8(ascii: "x"))
        #expect(try self.failure(#""spanId":"aab""#).expected == .hexadecimal)
        #expect(try self.failure(#""spanId":5"#).expected == .string)
    }

    @Test(arguments: [
        "", " ", "[]", "null", "{", "{}x", "{} {}", "{},", #"{"a"}"#, #"{"a":1,}"#, "{,}", #"{"a":1 "b":2}"#,
        "\u{FEFF}{}",
    ])
    func `what is not one object is refused`(text: String) {
        #expect(throws: JSONFailure.self) { try OTLPJSON.protobuf(from: Array(text.utf8), as: .logs) }
    }

    @Test func `space is allowed around everything`() throws {
        let json = " \n{ \"resourceLogs\" :\t[ { \"schemaUrl\" : \"x\" } , { } ] , \"y\" : [ ] }\r\n "
        let logs = try OTLPLogsData(serializedBytes: OTLPJSON.protobuf(from: Array(json.utf8), as: .logs))
        #expect(logs.resourceLogs.map(\.schemaURL) == ["x", ""])
    }

    @Test func `kinds of values that do not fit are refused`() throws {
        #expect(try self.failure(#""name":5"#).expected == .string)
        #expect(try self.failure(#""attributes":{}"#).expected == .array)
        #expect(try self.failure(#""status":[]"#).expected == .object)
        #expect(try self.failure(#""attributes":[{"value":{"boolValue":1}}]"#).expected == .boolean)
        #expect(try self.failure(#""flags":true"#).expected == .value)
    }

    /// Arrays within arrays: two messages for each level.
    private func nested(_ levels: Int) -> String {
        String(repeating: #"{"arrayValue":{"values":["#, count: levels) + "{}"
            + String(repeating: "]}}", count: levels)
    }

    @Test func `messages may be nested 64 deep and no deeper`() throws {
        // Request, resource, scope, span, attribute and value: 6, then two for each level.
        #expect(throws: Never.self) { try self.value(self.nested(29)) }
        let failure = try #require(throws: JSONFailure.self) { try self.value(self.nested(30)) }
        #expect(failure.expected == .shallow)
        let bytes = try OTLPJSON.protobuf(
            from: Array(
                #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":\#(self.nested(29))}]}]}]}"#.utf8
            ),
            as: .logs
        )
        #expect(throws: Never.self) { try OTLPJSON.json(from: bytes, as: .request(.logs)) }
    }

    @Test func `skipped values may be nested as deep, and a million brackets cost nothing`() throws {
        let open = String(repeating: "[", count: 63)
        let json = "{\"x\":" + open + String(repeating: "]", count: 63) + "}"
        #expect(throws: Never.self) { try OTLPJSON.protobuf(from: Array(json.utf8), as: .traces) }
        let deeper = "{\"x\":[" + open + String(repeating: "]", count: 64) + "}"
        #expect(throws: JSONFailure.self) { try OTLPJSON.protobuf(from: Array(deeper.utf8), as: .traces) }
        for bracket in ["[", "{\"x\":", "{\"resourceSpans\":["] {
            let text = String(repeating: bracket, count: 1_000_000)
            #expect(throws: JSONFailure.self) { try OTLPJSON.protobuf(from: Array(text.utf8), as: .traces) }
        }
    }

    @Test func `lengths of every size are written right`() throws {
        for size in [0, 1, 126, 127, 128, 129, 16_382, 16_383, 16_384, 2_097_151, 2_097_152] {
            let text = String(repeating: "x", count: size)
            #expect(try self.span(#""name":"\#(text)""#).name.utf8.count == size)
            #expect(try self.value(#"{"stringValue":"\#(text)\n"}"#).stringValue.utf8.count == size + 1)
        }
        let counts = (0..<20_000).map { #""\#($0)""# }.joined(separator: ",")
        let json =
            #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[\#(counts)]}]}}]}]}]}"#
        let data = try OTLPMetricsData(
            serializedBytes: OTLPJSON.protobuf(from: Array(json.utf8), as: .metrics)
        )
        let point = data.resourceMetrics[0].scopeMetrics[0].metrics[0].histogram.dataPoints[0]
        #expect(point.bucketCounts == (0..<20_000).map { UInt64($0) })
    }

    @Test func `a failure says what was expected, where, and what came`() {
        let failure = JSONFailure(atByte: 7, expected: .colon, found: UInt8(ascii: "x"))
        #expect(failure.description == "expected a colon at byte 7, found 'x'")
        let control = JSONFailure(atByte: 0, expected: .value, found: 0x0A)
        #expect(control.description == "expected a value at byte 0, found byte 0x0A")
        let end = JSONFailure(atByte: 3, expected: .stringEnd, found: nil)
        #expect(end.description == "expected the end of the string at byte 3, found the end of the text")
    }
}
