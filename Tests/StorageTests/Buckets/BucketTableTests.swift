import Storage
import Telemetry
import TestSupport
import Testing

@Suite struct BucketTableTests {
    static func names(_ count: Int, hours: Int = 5, _ random: inout SplitMix64) -> [ChunkName] {
        (0..<count).map { _ in
            let frame = FrameID(
                run: RunID(high: 1, low: UInt64(random.below(3))),
                sequence: random.next() >> 40
            )
            let key = Key(high: UInt64(random.below(9)), low: 1)
            let minute = UInt64(28_000_020 + random.below(hours * 60))
            let created = ClusterTime(
                nanoseconds: minute * 60_000_000_000 + UInt64(random.below(60_000)) * 1_000_000
            )
            let stands = ChunkDigest(count: 1 + UInt64(random.below(9)), sum: random.next())
            return ChunkName(
                id: ChunkID(frame: frame, key: key),
                created: created,
                stands: random.one(in: 5) ? stands : nil
            )
        }
    }

    static func builder(_ names: [ChunkName]) -> BucketTable.Builder {
        names.reduce(into: BucketTable.Builder()) { $0.add($1) }
    }

    /// What chunks amount to that lie in some minutes.
    static func digest(_ names: [ChunkName], of partition: Int, in minutes: Range<UInt32>) -> ChunkDigest {
        names.filter { $0.id.key.partition == partition && minutes.contains(UInt32($0.created.minute)) }
            .reduce(into: ChunkDigest.none) { $0 += $1.digest }
    }

    @Test func `a table holds what was added, by minute and by hour, and comes back from its bytes`() throws {
        for seed in UInt64(1)...100 {
            var random = SplitMix64(seed: seed)
            let names = Self.names(random.below(200), &random)
            let hoursBefore = UInt32(28_000_020 + random.below(300))
            let table = Self.builder(names).table(hoursBefore: random.one(in: 3) ? 0 : hoursBefore)
            let bytes = table.encoded
            #expect(try BucketTable(bytes.raw) == table, "seed \(seed)")
            for partition in Set(names.map(\.id.key.partition)) {
                var sum = ChunkDigest.none
                table.forEach(of: partition, in: 0..<UInt32.max) { span, digest in
                    #expect(Int(span.partition) == partition)
                    #expect(digest == Self.digest(names, of: partition, in: span.minutes), "seed \(seed)")
                    #expect(!span.isHour || span.minutes.upperBound <= hoursBefore)
                    sum += digest
                }
                #expect(sum == Self.digest(names, of: partition, in: 0..<UInt32.max), "seed \(seed)")
            }
        }
    }

    @Test func `what lies in a range only in part is left out`() {
        var random = SplitMix64(seed: 1)
        let names = Self.names(300, hours: 1, &random)
        let partition = names[0].id.key.partition
        let first = names.map { UInt32($0.created.minute) }.min()! / 60 * 60
        let table = Self.builder(names).table(hoursBefore: .max)
        var seen = 0
        for range in [first + 1..<UInt32.max, 0..<first + 59, first..<first + 60, 0..<UInt32.max] {
            table.forEach(of: partition, in: range) { _, _ in seen += 1 }
        }
        #expect(seen == 2)
    }

    @Test func `bytes that are no table are refused, and never a trap`() throws {
        var random = SplitMix64(seed: Sweep.seed(7))
        for round in 0..<Sweep.rounds(3000) {
            let bytes = Self.builder(Self.names(random.below(30), &random)).table(hoursBefore: .max).encoded
            let damaged =
                random.one(in: 8) ? Damage.noise(random.below(60), &random) : Damage.mutated(bytes, &random)
            guard let table = try? BucketTable(damaged.raw) else { continue }
            // What is read can be walked and written again.
            for partition in 0..<Key.partitionCount {
                table.forEach(of: partition, in: 0..<UInt32.max) { span, _ in _ = span.wholeHour.minutes }
            }
            #expect(try BucketTable(table.encoded.raw) == table, "round \(round)")
        }
        let huge: [UInt8] = [1, 0xff, 0xff, 0xff, 0xff, 0x0f]
        #expect(throws: WireFailure.self) { try BucketTable(huge.raw) }
        for cut in 0..<20 {
            let whole = Self.builder(Self.names(2, &random)).table().encoded
            #expect(throws: WireFailure.self) { try BucketTable(Array(whole.dropLast(cut + 1)).raw) }
        }
    }
}
