import Telemetry
import Testing

@Suite struct BucketSpanTests {
    @Test func `a chunk is in the minute of its creation and in that minute's hour, and in no other`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let key = Key(high: random.next(), low: random.next())
            let created = ClusterTime(nanoseconds: random.next() >> 3)
            let span = BucketSpan(key, created: created)
            #expect(span.holds(key, created: created) && span.wholeHour.holds(key, created: created))
            #expect(Int(span.partition) == key.partition && span.minutes.count == 1)
            #expect(span.wholeHour.minutes.count == 60 && span.wholeHour.minutes.contains(span.start))
            let later = BucketSpan(partition: span.partition, start: span.start + 1, isHour: false)
            #expect(!later.holds(key, created: created))
            let other = BucketSpan(partition: span.partition ^ 1, start: span.start, isHour: false)
            #expect(!other.holds(key, created: created))
        }
    }

    @Test func `the last minutes that can be told do not wrap around`() {
        for start in [UInt32.max, UInt32.max - 1, UInt32.max - 59, UInt32.max / 60 * 60] as [UInt32] {
            for isHour in [false, true] {
                let span = BucketSpan(partition: 0, start: start, isHour: isHour)
                #expect(span.minutes.lowerBound == start && span.minutes.upperBound >= start)
                _ = span.wholeHour.minutes
            }
        }
    }

    @Test func `digests of parts add up to that of the whole, in any order, and come apart again`() {
        var random = SplitMix64(seed: 2)
        let ids = (0..<100).map { number in
            ChunkID(
                frame: FrameID(run: RunID(high: random.next(), low: 1), sequence: UInt64(number)),
                key: Key(high: random.next(), low: random.next())
            )
        }
        let whole = ids.reduce(into: ChunkDigest.none) { $0 += ChunkDigest($1) }
        var parts = ids.shuffled(using: &random)[...]
        var sum = ChunkDigest.none
        while !parts.isEmpty {
            let part = parts.prefix(1 + random.below(20))
            sum += part.reduce(into: ChunkDigest.none) { $0 += ChunkDigest($1) }
            parts = parts.dropFirst(part.count)
        }
        #expect(sum == whole && whole.count == 100)
        for id in ids { sum -= ChunkDigest(id) }
        #expect(sum == .none && sum.isEmpty)
        #expect(Set(ids.map(\.hash64)).count == ids.count)
    }
}
