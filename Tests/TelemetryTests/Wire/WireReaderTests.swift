import Telemetry
import TestSupport
import Testing

@Suite struct WireReaderTests {
    @Test func `everything written is read back`() throws {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let plan = (0..<20).map { _ in Step.random(&random) }
            var writer = ByteWriter()
            for step in plan { step.write(into: &writer) }
            var reader = WireReader(writer.bytes.raw)
            for step in plan { #expect(try step.matches(&reader), "seed \(seed)") }
            #expect(reader.isAtEnd == true)
        }
    }

    @Test func `every truncation is noticed and nothing is read beyond the end`() {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let plan = (0..<6).map { _ in Step.random(&random) }
            var writer = ByteWriter()
            for step in plan { step.write(into: &writer) }
            for count in 0..<writer.bytes.count {
                var reader = WireReader(writer.bytes.raw, 0..<count)
                let isRead = plan.allSatisfy { step in (try? step.matches(&reader)) ?? false }
                #expect(!isRead, "seed \(seed), \(count) of \(writer.bytes.count) bytes")
                #expect(reader.offset <= count)
            }
        }
    }

    @Test func `integers longer than needed are read, those over ten bytes are not`() throws {
        for count in 1...9 {
            let bytes: [UInt8] = [0x81] + Array(repeating: 0x80, count: count - 1) + [0]
            var reader = WireReader(bytes.raw)
            #expect(try reader.varint() == 1)
            #expect(reader.isAtEnd == true)
        }
        let largest: [UInt8] = Array(repeating: 0xff, count: 9) + [0x01]
        var reader = WireReader(largest.raw)
        #expect(try reader.varint() == .max)
        // Bits beyond the 64th are dropped.
        let wider: [UInt8] = Array(repeating: 0xff, count: 9) + [0x7f]
        reader = WireReader(wider.raw)
        #expect(try reader.varint() == .max)
        let overlong: [UInt8] = Array(repeating: 0x80, count: 10) + [0]
        reader = WireReader(overlong.raw)
        #expect(throws: WireFailure.overlongInteger(atByte: 0)) { try reader.varint() }
    }

    @Test func `a length beyond the end is refused whatever its size`() {
        for length in [2, 127, 128, UInt64(Int.max), UInt64(Int.max) + 1, .max] {
            var writer = ByteWriter()
            writer.varint(length)
            writer.byte(0)
            var reader = WireReader(writer.bytes.raw)
            #expect(throws: WireFailure.lengthBeyondEnd(atByte: 0)) { try reader.lengthDelimited() }
        }
    }

    @Test func `a range outside the bytes is cut to them`() {
        let bytes: [UInt8] = [1, 2, 3]
        #expect(WireReader(bytes.raw, 2..<9).end == 3)
        #expect(WireReader(bytes.raw, 7..<9).isAtEnd == true)
        #expect(WireReader(bytes.raw, -4..<2).offset == 0)
        #expect(bytes.raw.array(1..<7) == [2, 3])
        #expect(bytes.raw.text(-1..<9) == "\u{1}\u{2}\u{3}")
        #expect(bytes.raw.array(5..<7) == [])
    }

    @Test func `taking more than there is, or less than nothing, is refused`() throws {
        let bytes: [UInt8] = [1, 2, 3]
        var reader = WireReader(bytes.raw)
        #expect(throws: WireFailure.truncated(atByte: 0)) { try reader.take(4) }
        #expect(throws: WireFailure.truncated(atByte: 0)) { try reader.take(-1) }
        #expect(try reader.take(3) == 0..<3)
        #expect(try reader.take(0) == 3..<3)
    }

    @Test func `a field walk ends at damage`() {
        let bytes: [UInt8] = [0x08, 0x01, 0x12, 0x01, 0x61, 0x07]
        var reader = WireReader(bytes.raw)
        var numbers: [UInt32] = []
        while let field = reader.nextField() { numbers.append(field.number) }
        #expect(numbers == [1, 2])
    }

    @Test func `failures say what and where`() {
        let failures: [WireFailure] = [
            .truncated(atByte: 41), .overlongInteger(atByte: 41), .lengthBeyondEnd(atByte: 41),
            .invalidTag(atByte: 41), .unbalancedGroup(atByte: 41), .invalidText(atByte: 41),
            .tooDeep(atByte: 41),
            .tooMany(atByte: 41),
        ]
        #expect(failures.allSatisfy { $0.description.hasSuffix("at byte 41") })
    }
}

/// One value of any kind.
private enum Step {
    case byte(UInt8)
    case fixed16(UInt16)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case double(UInt64)
    case varint(UInt64)
    case zigzag(Int64)
    case text(String)

    static func random(_ random: inout SplitMix64) -> Step {
        switch random.below(8) {
        case 0: .byte(UInt8(random.below(256)))
        case 1: .fixed16(UInt16(random.below(65_536)))
        case 2: .fixed32(UInt32(truncatingIfNeeded: random.next()))
        case 3: .fixed64(random.next())
        case 4: .double(random.next())
        case 5: .varint([0, 127, 128, .max, random.anyMagnitude()][random.below(5)])
        case 6: .zigzag([0, -1, 1, .min, .max, Int64(bitPattern: random.anyMagnitude())][random.below(6)])
        default: .text(["", "a", "größe", String(repeating: "x", count: random.below(300))][random.below(4)])
        }
    }

    func write(into writer: inout ByteWriter) {
        switch self {
        case .byte(let value): writer.byte(value)
        case .fixed16(let value): writer.fixed16(value)
        case .fixed32(let value): writer.fixed32(value)
        case .fixed64(let value): writer.fixed64(value)
        case .double(let bits): writer.double(Double(bitPattern: bits))
        case .varint(let value): writer.varint(value)
        case .zigzag(let value): writer.zigzag(value)
        case .text(let value): writer.text(value)
        }
    }

    func matches(_ reader: inout WireReader) throws(WireFailure) -> Bool {
        switch self {
        case .byte(let value): try reader.byte() == value
        case .fixed16(let value): try reader.fixed16() == value
        case .fixed32(let value): try reader.fixed32() == value
        case .fixed64(let value): try reader.fixed64() == value
        case .double(let bits): try reader.double().bitPattern == bits
        case .varint(let value): try reader.varint() == value
        case .zigzag(let value): try reader.zigzag() == value
        case .text(let value): try reader.text() == value
        }
    }
}
