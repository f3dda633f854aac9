import Telemetry
import TestSupport

/// Makes OTLP requests byte by byte: mostly as a sender would, now and then as only a test would.
///
/// Among the oddities are unknown fields, groups, wrong wire types, repeated singular fields, packed and unpacked
/// numbers, integers longer than needed, text that is not UTF-8, and nesting around the limit.
struct RandomRequest {
    private static let keys = [
        "service.name", "service.version", "host.name", "host.id", "gen_ai.request.model", "http.route",
        "gen_ai.prompt.0.content", "input.value", "key", "", "llm.token_count.prompt", "größe",
    ]
    private static let texts = [
        "", "a", "checkout", "GET /cart", "naïve", "日本語", "😀 long enough to be read by words",
    ]
    private static let damagedTexts: [[UInt8]] = [
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80],
        [0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0xc3],
    ]

    private var random: SplitMix64
    /// One oddity per so many fields; zero for none.
    private let oddity: Int

    init(seed: UInt64, oddity: Int = 60) {
        self.random = SplitMix64(seed: seed)
        self.oddity = oddity
    }

    mutating func request(_ shape: WireShape) -> [UInt8] {
        if self.oddity > 0, self.random.one(in: 8) { return self.deep(shape) }
        return self.message(shape, depth: 0)
    }

    /// A message in which nothing but the nesting is odd.
    mutating func deep(_ shape: WireShape) -> [UInt8] {
        let levels = 93 + self.random.below(14)
        var inner = self.random.one(in: 2) ? self.group(depth: self.random.below(3)) : []
        var path: [UInt64] = []
        var current = shape
        while path.count < levels {
            if let step = WireShape.wayDown[current] {
                path.append(step.number)
                current = step.next
                continue
            }
            let ways = current.fields.compactMap { field -> (UInt64, WireShape)? in
                if case .message(let next) = field.content, WireShape.wayDown[next] != nil || next == .value {
                    (field.number, next)
                } else {
                    nil
                }
            }
            let way = ways[self.random.below(ways.count)]
            path.append(way.0)
            current = way.1
        }
        for number in path.reversed() {
            var writer = ByteWriter()
            writer.field(UInt32(number), inner)
            inner = writer.bytes
        }
        return inner
    }

    private mutating func message(_ shape: WireShape, depth: Int) -> [UInt8] {
        var writer = ByteWriter()
        for field in shape.fields {
            for _ in 0..<self.count(of: field.content, depth: depth) {
                self.write(field.number, field.content, depth: depth, into: &writer)
            }
            if self.oddity > 0, self.random.one(in: self.oddity) { self.writeUnknown(into: &writer) }
        }
        return writer.bytes
    }

    private mutating func count(of content: WireShape.Content, depth: Int) -> Int {
        switch content {
        case .message(let shape):
            switch shape {
            case .value: self.random.one(in: 12) ? 2 : depth > 8 ? self.random.below(2) : 1
            case .array, .list, .entity, .exemplar:
                depth < 9 && self.random.one(in: 6) ? 1 + self.random.below(2) : 0
            case .numberData, .histogramData, .exponentialData, .summaryData: self.random.one(in: 4) ? 1 : 0
            default: depth > 9 ? 0 : self.random.below(3)
            }
        case .packedFixed64, .packedVarint: self.random.below(3)
        default: self.random.one(in: 15) ? 2 : self.random.one(in: 5) ? 0 : 1
        }
    }

    private mutating func write(
        _ number: UInt64,
        _ content: WireShape.Content,
        depth: Int,
        into writer: inout ByteWriter
    ) {
        if self.oddity > 0, self.random.one(in: self.oddity * 4) {
            // A known number with a wire type of its own choosing.
            self.writeValue(number, wireType: UInt64(self.random.below(6)), into: &writer)
            return
        }
        switch content {
        case .text: self.lengthDelimited(number, self.text(), into: &writer)
        case .bytes: self.lengthDelimited(number, self.bytes(self.random.below(20)), into: &writer)
        case .id(let count): self.lengthDelimited(number, self.id(count), into: &writer)
        case .varint:
            self.tag(number, 0, into: &writer)
            self.varint(self.number(), into: &writer)
        case .fixed32:
            self.tag(number, 5, into: &writer)
            writer.fixed32(UInt32(truncatingIfNeeded: self.random.next()))
        case .fixed64:
            self.tag(number, 1, into: &writer)
            writer.fixed64(self.random.anyMagnitude())
        case .packedVarint, .packedFixed64: self.writePacked(number, content, into: &writer)
        case .message(let shape):
            self.lengthDelimited(number, self.message(shape, depth: depth + 1), into: &writer)
        }
    }

    private mutating func writePacked(
        _ number: UInt64,
        _ content: WireShape.Content,
        into writer: inout ByteWriter
    ) {
        let isVarint = if case .packedVarint = content { true } else { false }
        if self.random.one(in: 3) {
            self.tag(number, isVarint ? 0 : 1, into: &writer)
            if isVarint { self.varint(self.random.anyMagnitude(), into: &writer) } else { writer.fixed64(1) }
            return
        }
        var packed = ByteWriter()
        for _ in 0..<self.random.below(5) {
            if isVarint { self.varint(self.random.anyMagnitude(), into: &packed) } else { packed.fixed64(2) }
        }
        if self.oddity > 0, self.random.one(in: 30) { packed.byte(0x80) }
        self.lengthDelimited(number, packed.bytes, into: &writer)
    }

    private mutating func writeUnknown(into writer: inout ByteWriter) {
        let number =
            self.random.one(in: 8)
            ? 1 + self.random.next() % ((1 << 29) - 1) : 17 + UInt64(self.random.below(60))
        self.writeValue(number, wireType: UInt64(self.random.below(6)), into: &writer)
    }

    private mutating func writeValue(_ number: UInt64, wireType: UInt64, into writer: inout ByteWriter) {
        switch wireType {
        case 0:
            self.tag(number, 0, into: &writer)
            self.varint(self.random.anyMagnitude(), into: &writer)
        case 1:
            self.tag(number, 1, into: &writer)
            writer.fixed64(self.random.next())
        case 2: self.lengthDelimited(number, self.bytes(self.random.below(12)), into: &writer)
        case 5:
            self.tag(number, 5, into: &writer)
            writer.fixed32(7)
        default:
            if self.random.one(in: 10) {
                self.tag(number, wireType, into: &writer)
            } else {
                writer.bytes(
                    self.group(number: number, depth: self.random.one(in: 5) ? 97 : self.random.below(3))
                )
            }
        }
    }

    /// A group with further groups inside it.
    private mutating func group(number: UInt64 = 40, depth: Int) -> [UInt8] {
        var writer = ByteWriter()
        self.tag(number, 3, into: &writer)
        if depth > 0 {
            writer.bytes(self.group(depth: depth - 1))
        } else {
            self.writeValue(3, wireType: UInt64(self.random.below(3)), into: &writer)
        }
        self.tag(self.oddity > 0 && self.random.one(in: 200) ? number + 1 : number, 4, into: &writer)
        return writer.bytes
    }

    private mutating func lengthDelimited(_ number: UInt64, _ payload: [UInt8], into writer: inout ByteWriter)
    {
        self.tag(number, 2, into: &writer)
        self.varint(UInt64(payload.count), into: &writer)
        writer.bytes(payload)
    }

    private mutating func tag(_ number: UInt64, _ wireType: UInt64, into writer: inout ByteWriter) {
        self.varint(number << 3 | wireType, into: &writer)
    }

    /// An integer, now and then with more bytes than it needs.
    private mutating func varint(_ value: UInt64, into writer: inout ByteWriter) {
        writer.varint(value)
        guard self.oddity > 0, self.random.one(in: self.oddity * 6) else { return }
        let last = writer.bytes.removeLast()
        writer.byte(last | 0x80)
        for _ in 0..<self.random.below(9) { writer.byte(0x80) }
        writer.byte(self.random.one(in: 3) ? UInt8(self.random.below(128)) : 0)
    }

    /// Mostly small, now and then with bits that a decoder of 32-bit fields drops.
    private mutating func number() -> UInt64 {
        switch self.random.below(8) {
        case 0: self.random.anyMagnitude()
        case 1: UInt64(self.random.below(26)) | self.random.next() << 32
        default: UInt64(self.random.below(26))
        }
    }

    private mutating func text() -> [UInt8] {
        if self.oddity > 0, self.random.one(in: self.oddity * 15) {
            return Self.damagedTexts[self.random.below(Self.damagedTexts.count)]
        }
        let pool = self.random.one(in: 2) ? Self.keys : Self.texts
        return Array(pool[self.random.below(pool.count)].utf8)
    }

    private mutating func id(_ count: Int) -> [UInt8] {
        if self.random.one(in: 12) { return self.bytes(self.random.below(20)) }
        return self.random.one(in: 12) ? Array(repeating: 0, count: count) : self.bytes(count)
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.random.next()) }
    }
}
