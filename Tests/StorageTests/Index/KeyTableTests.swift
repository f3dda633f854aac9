import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct KeyTableTests {
    private static func entries(_ count: Int, seed: UInt64) -> [(key: Key, frameOffset: Int)] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            // Short ids have a high word of zero, and some keys come again.
            let key = Key(high: 0, low: UInt64(random.below(count)))
            return (key, 64 + 8 * random.below(50))
        }
    }

    @Test(arguments: [0, 1, 2, 50, 3_000])
    func `every key leads to the places of its frames, ascending and once each`(_ count: Int) throws {
        let entries = Self.entries(count, seed: UInt64(count))
        let bytes = KeyTable.encode(entries, searchChecksum: 77)
        let opened = KeyTable.Layout(bytes.raw)
        let layout = try #require(opened)
        #expect(layout.count == count)
        #expect(layout.searchChecksum == 77)
        let filter = layout.filter(bytes.raw)
        for entry in entries {
            #expect(filter.mayContain(entry.key))
            let places = Set(entries.filter { $0.key == entry.key }.map(\.frameOffset)).sorted()
            #expect(layout.frameOffsets(of: entry.key, in: bytes.raw) == places)
        }
        for absent in [UInt64(count), .max] {
            #expect(layout.frameOffsets(of: Key(high: absent, low: 0), in: bytes.raw) == [])
        }
    }

    @Test func `places up to thirty-two gibibytes come back`() throws {
        let far = 8 * Int(UInt32.max)
        let bytes = KeyTable.encode(
            [(Key(high: 1, low: 1), far), (Key(high: .max, low: 1), 64)],
            searchChecksum: 0
        )
        let opened = KeyTable.Layout(bytes.raw)
        let layout = try #require(opened)
        #expect(layout.frameOffsets(of: Key(high: 1, low: 1), in: bytes.raw) == [far])
        #expect(layout.frameOffsets(of: Key(high: .max, low: 1), in: bytes.raw) == [64])
    }

    @Test func `every length other than its own is refused`() {
        let bytes = KeyTable.encode(Self.entries(20, seed: 3), searchChecksum: 1)
        for count in 0..<bytes.count {
            let short = Array(bytes.prefix(count))
            #expect(KeyTable.Layout(short.raw) == nil, "\(count) bytes")
        }
        let longer = bytes + [0]
        #expect(KeyTable.Layout(longer.raw) == nil)
    }

    @Test func `every flipped bit is noticed`() {
        let bytes = KeyTable.encode(Self.entries(8, seed: 4), searchChecksum: 1)
        // Bytes 6 and 7 are zero and mean nothing yet.
        for bit in 0..<bytes.count * 8 where !(48..<64).contains(bit) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(KeyTable.Layout(damaged.raw) == nil, "bit \(bit)")
        }
    }

    @Test func `an unknown version and absurd counts are refused`() {
        var bytes = KeyTable.encode(Self.entries(8, seed: 5), searchChecksum: 1)
        bytes[4] = 2
        #expect(KeyTable.Layout(bytes.raw) == nil)
        bytes[4] = 1
        for place in [8, 16] {
            var absurd = bytes
            absurd.replaceSubrange(place..<place + 8, with: Array(repeating: 0xff, count: 8))
            #expect(KeyTable.Layout(absurd.raw) == nil)
        }
    }

    @Test func `noise is refused`() {
        var random = SplitMix64(seed: 6)
        let bytes = KeyTable.encode(Self.entries(30, seed: 6), searchChecksum: 1)
        for _ in 0..<1_000 {
            let noise = Damage.noise(random.below(200), &random)
            #expect(KeyTable.Layout(noise.raw) == nil)
            let mutated = Damage.mutated(bytes, &random)
            if mutated != bytes {
                #expect(KeyTable.Layout(mutated.raw) == nil || mutated[6..<8] != bytes[6..<8])
            }
        }
    }
}
