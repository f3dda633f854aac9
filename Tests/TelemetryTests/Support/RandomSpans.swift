import Telemetry
import TestSupport

/// A frame's payload of spans: most as SDKs write them, some in any other form.
struct RandomSpans {
    private(set) var entries: [ChunkEntry] = []
    private var writer = ByteWriter()
    private var random: SplitMix64
    let tableCount = 2

    var bytes: [UInt8] { self.writer.bytes }

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    mutating func fill() {
        for role in [Envelope.Role.resource, .scope] {
            self.writer.byte(role.rawValue)
            self.writer.text(String(repeating: "r", count: self.random.below(30)))
        }
        let keys = (0...self.random.below(6)).map { _ in
            Key(high: self.random.next(), low: self.random.next())
        }
        for key in keys.sorted(by: { ($0.partition, $0) < ($1.partition, $1) }) { self.chunk(key) }
    }

    private mutating func chunk(_ key: Key) {
        var entry = ChunkEntry(key: key)
        entry.offset = UInt32(self.writer.bytes.count)
        entry.firstStart = 1_700_000_000_000_000_000 + self.random.anyMagnitude() % 1_000_000_000
        entry.lastEnd = entry.firstStart + 5
        entry.service = [0, ChunkEntry.noName][self.random.below(2)]
        entry.rootName = [1, ChunkEntry.noName][self.random.below(2)]
        entry.flags = self.random.one(in: 2) ? [.root, .error] : []
        var spans: [UInt64] = []
        for _ in 0...self.random.below(3) {
            let count = self.random.below(5)
            self.writer.varint(UInt64(self.random.below(3)))
            self.writer.varint(UInt64(self.random.below(3)))
            self.writer.varint(UInt64(count))
            for _ in 0..<count {
                let span = self.span(key, entry.firstStart, &spans)
                self.writer.varint(UInt64(span.count))
                self.writer.bytes(span)
            }
            entry.itemCount += UInt32(count)
        }
        entry.length = UInt32(self.writer.bytes.count) - entry.offset
        self.entries.append(entry)
    }

    private mutating func span(_ key: Key, _ base: UInt64, _ spans: inout [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        if self.random.one(in: 8) {
            // Any other form: nothing, noise, or fields in another order.
            return (0..<self.random.below(40)).map { _ in UInt8(truncatingIfNeeded: self.random.next()) }
        }
        writer.field(1, Self.big(self.random.one(in: 12) ? 5 : key.high) + Self.big(key.low))
        let id = self.random.one(in: 12) ? spans.first ?? 1 : self.random.next()
        writer.field(2, Self.big(id))
        if let parent = spans.randomElement(using: &self.random), self.random.below(4) > 0 {
            writer.field(4, Self.big(self.random.one(in: 5) ? self.random.next() : parent))
        }
        spans.append(id)
        writer.field(5, Array(["", "a", String(repeating: "name", count: 40)][self.random.below(3)].utf8))
        if self.random.below(5) > 0 {
            writer.varint(6 << 3)
            writer.varint(self.random.one(in: 10) ? 300 : UInt64(self.random.below(6)))
        }
        let start = self.random.one(in: 10) ? self.random.next() : base + UInt64(self.random.below(1 << 30))
        writer.varint(7 << 3 | 1)
        writer.fixed64(start)
        writer.varint(8 << 3 | 1)
        writer.fixed64(
            self.random.one(in: 10) ? self.random.next() : start &+ UInt64(self.random.below(1 << 20))
        )
        for _ in 0..<self.random.below(4) { writer.field(9, [0x0a, 1, 0x6b, 0x12, 3, 0x0a, 1, 0x76]) }
        return writer.bytes
    }

    private static func big(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}
