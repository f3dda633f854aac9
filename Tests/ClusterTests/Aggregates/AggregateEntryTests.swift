import Telemetry
import TestSupport
import Testing

@testable import Cluster

@Suite struct AggregateEntryTests {
    @Test func `the join obeys its laws for totals of any sets of slots`() {
        for kind in AggregateSamples.kinds {
            let breach = mergeLawBreach(
                seeds: 1...2_500,
                isIdempotent: true,
                make: { Self.entry(kind, &$0) },
                merge: { _ = $0.join($1) }
            )
            #expect(breach == nil)
        }
    }

    @Test func `the join obeys its laws for totals that nobody can have made`() {
        let breach = mergeLawBreach(
            seeds: 1...10_000,
            isIdempotent: true,
            make: { random in
                AggregateEntry(
                    series: AggregateSamples.series(1),
                    slotCount: UInt64(1 + random.below(3)),
                    digest: UInt64(random.below(3)),
                    isEstimated: random.chance(perMille: 500),
                    isUnsettled: random.chance(perMille: 200),
                    value: .counter(nano: Int128(random.below(3)))
                )
            },
            merge: { _ = $0.join($1) }
        )
        #expect(breach == nil)
    }

    @Test func `more slots win, then the larger digest, which is unsettled until there are more`() {
        var entry = Self.counter(2, digest: 9, 20)
        let fewer = entry.join(Self.counter(1, digest: 99, 10))
        #expect(!fewer && entry == Self.counter(2, digest: 9, 20))
        let others = entry.join(Self.counter(2, digest: 11, 21))
        #expect(others)
        #expect(entry.digest == 11 && entry.value == .counter(nano: 21) && entry.isUnsettled)
        let again = entry.join(Self.counter(2, digest: 9, 20))
        let more = entry.join(Self.counter(3, digest: 1, 30))
        #expect(!again && more)
        #expect(entry == Self.counter(3, digest: 1, 30) && !entry.isUnsettled)
        let same = entry.join(Self.counter(3, digest: 1, 30))
        #expect(!same)
    }

    @Test func `a total is a function of the set of its slots`() {
        var random = SplitMix64(seed: 5)
        let slots = (0..<40).map { _ in
            AggregateSamples.slot(AggregateSamples.series(1), AggregateSamples.value(.counter, &random))
        }
        var totals: [AggregateEntry] = []
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let order = slots.indices.shuffled(using: &random)
            var entry = AggregateEntry(slots[order[0]], hash: AggregateEntry.hash(of: 7, at: order[0]))
            for index in order.dropFirst() {
                entry.add(slots[index], hash: AggregateEntry.hash(of: 7, at: index))
            }
            totals.append(entry)
        }
        #expect(totals.allSatisfy { $0 == totals[0] } && totals[0].slotCount == 40)
    }

    @Test func `a mark says whether a join can change anything`() {
        for seed in UInt64(1)...2_000 {
            var random = SplitMix64(seed: seed)
            let pair = (0..<2).map { _ in
                let count = 1 + random.below(2)
                return AggregateEntry(
                    series: AggregateSamples.series(1),
                    slotCount: UInt64(count),
                    digest: UInt64(random.below(2)),
                    isUnsettled: random.chance(perMille: 300),
                    value: .counter(nano: 1)
                )
            }
            var joined = pair[0]
            if joined.join(pair[1]) {
                #expect(pair[1].mark.mayImprove(pair[0].mark), "seed \(seed)")
            }
            #expect(pair[0].mark.mayImprove(pair[0].mark) == false)
        }
    }

    static func counter(_ slots: UInt64, digest: UInt64, _ nano: Int128) -> AggregateEntry {
        AggregateEntry(
            series: AggregateSamples.series(1),
            slotCount: slots,
            digest: digest,
            value: .counter(nano: nano)
        )
    }

    /// The total of some of eight slots.
    static func entry(_ kind: Series.Kind, _ random: inout SplitMix64) -> AggregateEntry {
        let series = AggregateSamples.series(1, kind: kind)
        var entry: AggregateEntry?
        let chosen = random.within(1...255)
        for ordinal in 0..<8 where chosen >> ordinal & 1 == 1 {
            var own = SplitMix64(seed: UInt64(ordinal))
            let slot = AggregateSamples.slot(series, AggregateSamples.value(kind, &own))
            let hash = AggregateEntry.hash(of: 3, at: ordinal)
            if entry?.add(slot, hash: hash) == nil { entry = AggregateEntry(slot, hash: hash) }
        }
        return entry ?? self.counter(1, digest: 0, 0)
    }
}
