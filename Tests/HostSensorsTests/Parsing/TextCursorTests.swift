import Testing

@testable import HostSensors

@Suite struct TextCursorTests {
    @Test func `words and numbers come in order and blanks do not count`() {
        let bytes = Array("  a\t12 \n -7 0.25 ff".utf8)
        var cursor = TextCursor(bytes.span)
        #expect(cursor.word().text == "a")
        #expect(cursor.number() == 12)
        #expect(cursor.signedNumber() == -7)
        #expect(cursor.decimal() == 0.25)
        #expect(cursor.hexadecimal() == 255)
        #expect(cursor.number() == nil)
        #expect(cursor.word().text == "")
        let isAtEnd = cursor.isAtEnd
        #expect(isAtEnd)
    }

    @Test(
        arguments: [
            ("0", 0), ("18446744073709551615", UInt64.max), ("18446744073709551616", nil),
            ("99999999999999999999999", nil), ("12x", nil), ("x", nil), ("-1", nil), ("", nil), ("+3", nil),
        ] as [(String, UInt64?)]
    )
    func `a number is a whole word of digits within 64 bits`(text: String, expected: UInt64?) {
        #expect(parse(text) { Scalars.number($0) } == expected)
    }

    @Test(
        arguments: [
            ("-9223372036854775808", Int64.min), ("-9223372036854775809", nil),
            ("9223372036854775807", Int64.max),
            ("9223372036854775808", nil), ("-", nil), ("- 5", nil), ("--5", nil), ("-1", -1),
        ] as [(String, Int64?)]
    )
    func `a signed number reaches both ends`(text: String, expected: Int64?) {
        #expect(parse(text) { Scalars.signedNumber($0) } == expected)
    }

    @Test(
        arguments: [
            ("0.00", 0), ("99.99", 99.99), ("7", 7), ("123456.78", 123_456.78), ("1.", nil), (".5", nil),
            ("1.2.3", nil),
            ("nan", nil), ("-1.5", nil), ("1e5", nil), ("", nil), ("1234567890123456", nil),
        ] as [(String, Double?)]
    )
    func `a decimal is digits, a point and digits`(text: String, expected: Double?) {
        #expect(parse(text) { Scalars.decimal($0) } == expected)
    }

    @Test func `garbage costs one field and not the next`() {
        let bytes = Array("12x 34".utf8)
        var cursor = TextCursor(bytes.span)
        #expect(cursor.number() == nil)
        #expect(cursor.number() == 34)
    }

    @Test func `a lone sign does not swallow the next word`() {
        let bytes = Array("- 5".utf8)
        var cursor = TextCursor(bytes.span)
        #expect(cursor.signedNumber() == nil)
        #expect(cursor.signedNumber() == 5)
    }

    @Test func `lines end at newlines and at the end`() {
        let bytes = Array("one\n\nthree".utf8)
        var cursor = TextCursor(bytes.span)
        #expect(cursor.line().rest.text == "one")
        #expect(cursor.line().rest.text == "")
        #expect(cursor.line().rest.text == "three")
        let isAtEnd = cursor.isAtEnd
        #expect(isAtEnd)
    }

    @Test(
        arguments: [
            ("0-3", [0, 1, 2, 3]), ("0,2-3,8\n", [0, 2, 3, 8]), ("", []), ("3-1", []), ("x,1", [1]),
            ("1-", [1]),
            ("0-99999999999", []), ("-", []), (",,", []),
        ] as [(String, [Int])]
    )
    func `a processor list expands to its members and never to millions`(text: String, expected: [Int]) {
        #expect(parse(text) { Scalars.processors($0) } == expected)
    }

    @Test func `bytes that are no UTF-8 still make text`() {
        #expect(parse([0x61, 0xff, 0x62]) { $0.text } == "a\u{fffd}b")
    }
}
