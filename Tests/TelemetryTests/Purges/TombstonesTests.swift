import Telemetry
import TestSupport
import Testing

@Suite struct TombstonesTests {
    private static func random(_ count: Int, _ random: inout SplitMix64) -> Tombstones {
        var result = Tombstones()
        for _ in 0..<count {
            let key = Key(high: UInt64(random.below(30)), low: 1)
            _ = result.add(
                Tombstone(key, at: ClusterTime(nanoseconds: UInt64(random.below(1_000)) * 1_000_000))
            )
        }
        if random.one(in: 2) { _ = result.add(before: ClusterTime(nanoseconds: UInt64(random.below(1_000)))) }
        return result
    }

    private static func merged(_ one: Tombstones, _ other: Tombstones) -> Tombstones {
        var result = one
        for tombstone in other.all { _ = result.add(tombstone) }
        _ = result.add(before: other.before)
        return result
    }

    /// Computed anew.
    private static func digest(_ known: Tombstones) -> UInt64 {
        known.all.reduce(known.before.nanoseconds) { $0 &+ $1.hash64 }
    }

    @Test func `in whatever order nodes hear of deletions, they know the same`() {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let (a, b, c) = (Self.random(9, &random), Self.random(9, &random), Self.random(9, &random))
            let one = Self.merged(Self.merged(a, b), c)
            let other = Self.merged(c, Self.merged(b, a))
            #expect(one == other && one.digest == other.digest, "seed \(seed)")
            #expect(Self.merged(one, one) == one && Self.merged(one, Tombstones()) == one)
            var whole = a
            let oldest = ClusterTime(nanoseconds: UInt64(random.below(3)) * 200_000_000)
            let news = whole.merge(b, since: oldest)
            for tombstone in b.all {
                let known = a.all.first { $0.key == tombstone.key }
                let isNew = tombstone.at >= oldest && known.map { $0.at < tombstone.at } ?? true
                #expect(news.contains(tombstone.key) == isNew, "seed \(seed)")
            }
            #expect(whole.digest == Self.digest(whole) && one.digest == Self.digest(one), "seed \(seed)")
            whole.expire(before: ClusterTime(nanoseconds: 500_000_000))
            #expect(whole.digest == Self.digest(whole), "seed \(seed)")
            if a != one { #expect(a.digest != one.digest, "seed \(seed)") }
        }
    }

    @Test func `a chunk is covered up to the millisecond of the deletion, by its key alone`() {
        let key = Key(high: 1, low: 2)
        var known = Tombstones()
        let isNews = known.add(Tombstone(key, at: ClusterTime(nanoseconds: 5_000_000)))
        #expect(isNews)
        #expect(known.covers(key, made: ClusterTime(nanoseconds: 5_999_999)))
        #expect(!known.covers(key, made: ClusterTime(nanoseconds: 6_000_000)))
        #expect(!known.covers(Key(high: 1, low: 3), made: ClusterTime(nanoseconds: 1)))
        let isOlder = known.add(Tombstone(key, at: ClusterTime(nanoseconds: 4_000_000)))
        let isSame = known.add(Tombstone(key, at: ClusterTime(nanoseconds: 5_400_000)))
        #expect(!isOlder && !isSame && known.count == 1)
        known.expire(before: ClusterTime(nanoseconds: 5_000_000))
        #expect(known.count == 1)
        known.expire(before: ClusterTime(nanoseconds: 6_000_000))
        #expect(known.isEmpty && known.digest == Tombstones().digest)
    }

    @Test func `more than can be remembered push out the oldest, which is counted`() {
        var known = Tombstones()
        let count = Tombstones.countMax + 5
        for number in 0..<count {
            let at = ClusterTime(nanoseconds: UInt64(number + 1) * 1_000_000)
            _ = known.add(Tombstone(Key(high: UInt64(number), low: 0), at: at))
        }
        #expect(known.count == Tombstones.countMax && known.forgotten == 5)
        #expect(known.all.first?.key == Key(high: 5, low: 0))
        // One that is older than all is no news: it is forgotten at once.
        let isNews = known.add(Tombstone(Key(high: 9, low: 9), at: ClusterTime(nanoseconds: 1_000_000)))
        #expect(!isNews && known.count == Tombstones.countMax)
    }

    @Test func `they come back from their bytes, and damaged bytes are refused`() throws {
        var random = SplitMix64(seed: Sweep.seed(3))
        for _ in 0..<Sweep.rounds(1_000) {
            let known = Self.random(random.below(30), &random)
            let bytes = known.encoded
            #expect(try Tombstones(bytes.raw) == known)
            let damaged = Damage.mutated(bytes, &random)
            if damaged != bytes { #expect(throws: WireFailure.self) { try Tombstones(damaged.raw) } }
            let noise = Damage.noise(random.below(40), &random)
            #expect(throws: WireFailure.self) { try Tombstones(noise.raw) }
        }
        // Whole bytes that say too much.
        func sealed(_ bytes: [UInt8]) -> [UInt8] {
            var writer = ByteWriter()
            writer.bytes(bytes)
            writer.fixed64(ContentHash.hash64(bytes.raw))
            return writer.bytes
        }
        let zeros = [UInt8](repeating: 0, count: 17)
        for bytes in [
            [2, 0, 0], [1, 0, 0xff, 0xff, 0xff, 0x0f], [1, 0, 1], [1, 0, 2] + zeros + zeros, [1, 0, 0, 0],
        ] {
            let whole = sealed(bytes)
            #expect(throws: WireFailure.self, "\(bytes)") { try Tombstones(whole.raw) }
        }
        let one = sealed([1, 0, 1] + zeros)
        #expect(try Tombstones(one.raw).count == 1)
    }
}
