import Telemetry
import TestSupport
import Testing

@testable import Cluster

@Suite struct AggregateTableTests {
    private typealias Samples = AggregateSamples

    @Test func `the join of tables obeys its laws`() {
        let empty = Samples.table(.init(seriesPerWindow: 5))
        let chunks = (0..<8).map { Samples.chunk(seed: $0) }
        let breach = mergeLawBreach(
            seeds: 1...10_000,
            identity: Shown(empty),
            isIdempotent: true,
            make: { random in
                var table = empty
                for _ in 0..<random.below(3) {
                    let chunk = chunks[random.below(8)]
                    table.add(chunk.id, chunk.slots)
                }
                return Shown(table)
            },
            merge: { $0.join($1) }
        )
        #expect(breach == nil)
    }

    @Test func `neither order nor repetition of chunks makes a difference`() {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let chunks = (0..<30).map { Samples.chunk(seed: $0) }
            var expected = Samples.table()
            for chunk in chunks { expected.add(chunk.id, chunk.slots) }
            var table = Samples.table()
            for chunk in (chunks + chunks.prefix(random.below(30))).shuffled(using: &random) {
                table.add(chunk.id, chunk.slots)
            }
            #expect(Samples.content(table) == Samples.content(expected), "seed \(seed)")
        }
    }

    @Test func `two slots of one chunk that are alike both count`() {
        var table = Samples.table()
        let slot = Samples.slot(Samples.series(1), .counter(nano: 5))
        table.add(Samples.chunk(1), [slot, slot])
        table.add(Samples.chunk(1), [slot, slot])
        let entry = table.entry(of: slot.series, in: Window(at: Samples.epoch))
        #expect(entry?.slotCount == 2 && entry?.value == .counter(nano: 10))
        #expect(table.duplicateChunks == 1)
    }

    @Test func `own totals show where the partition is owned, and stay when it is not owned any more`() {
        let window = Window(at: Samples.epoch)
        let slot = Samples.slot(Samples.series(1))
        let partition = slot.series.key.partition
        var table = Samples.table(ownsAll: false)
        table.add(Samples.chunk(1), [slot])
        #expect(table.entries(of: window).isEmpty)
        table.own { $0 == partition }
        #expect(table.entries(of: window).map(\.slotCount) == [1])
        table.own { $0 != partition }
        #expect(table.entries(of: window).map(\.slotCount) == [1])
        table.add(Samples.chunk(2), [slot])
        #expect(table.entries(of: window).map(\.slotCount) == [1])
        table.own { _ in true }
        #expect(table.entries(of: window).map(\.slotCount) == [2])
    }

    @Test func `the latest window is the newest of which something is shown`() {
        let window = Window(at: Samples.epoch)
        let slot = Samples.slot(Samples.series(1))
        var table = Samples.table(ownsAll: false)
        #expect(table.latest(before: window) == nil)
        table.tell(AggregateEntryTests.counter(3, digest: 5, 33), in: Window(index: window.index - 2))
        // A foreign chunk, of which this node has no total.
        table.add(Samples.chunk(1), [Samples.slot(Samples.series(1), window: -1), slot])
        let found = table.latest(before: Window(index: window.index + 1))
        #expect(found?.window.index == window.index - 2 && found?.entries.count == 1)
        #expect(table.latest(before: Window(index: window.index - 2)) == nil)
        table.own { _ in true }
        #expect(table.latest(before: window)?.window.index == window.index - 1)
        #expect(table.latest(before: Window(index: .max))?.window == window)
    }

    @Test func `the best of the own and the told total is shown`() {
        let window = Window(at: Samples.epoch)
        let slot = Samples.slot(Samples.series(1))
        var table = Samples.table()
        table.add(Samples.chunk(1), [slot])
        table.tell(AggregateEntryTests.counter(3, digest: 5, 33), in: window)
        #expect(table.entry(of: slot.series, in: window)?.value == .counter(nano: 33))
        for number in UInt64(2)...4 { table.add(Samples.chunk(number), [slot]) }
        #expect(table.entry(of: slot.series, in: window)?.slotCount == 4)
        #expect(table.entry(of: slot.series, in: window)?.isUnsettled == false)
        #expect(table.refused.isEmpty)
    }

    @Test func `windows beyond the horizon go and are refused, on either side`() {
        var table = Samples.table()
        let series = Samples.series(1)
        for (number, window) in [-19, -18, 0, 6, 7].enumerated() {
            table.add(Samples.chunk(UInt64(number)), [Samples.slot(series, window: window)])
            let index = UInt64(Int(Window(at: Samples.epoch).index) + window)
            table.tell(AggregateEntryTests.counter(9, digest: 1, 9), in: Window(index: index))
        }
        #expect(table.refused == [.tooOld: 2, .tooFarAhead: 2])
        #expect(table.windows.count == 3)
        table.advance(to: Samples.epoch.advanced(byNanoseconds: 10_000_000_000))
        #expect(table.windows.count == 2)
        table.advance(to: Samples.epoch)
        #expect(table.windows.count == 2)
        // Nothing that expired comes back.
        table.add(Samples.chunk(77), [Samples.slot(series, window: -18)])
        #expect(table.windows.count == 2 && table.refused[.tooOld] == 3)
    }

    @Test func `the smallest hashes stay, in whatever order series come, own ones as told ones`() {
        let series = (0..<60).map { Samples.series($0) }
        let expected = Set(series.map { AggregateTable.hash(of: $0) }.sorted().prefix(20))
        for seed in UInt64(1)...50 {
            var random = SplitMix64(seed: seed)
            var own = Samples.table(.init(seriesPerWindow: 20))
            var told = own
            for (number, one) in series.shuffled(using: &random).enumerated() {
                own.add(Samples.chunk(UInt64(number)), [Samples.slot(one), Samples.slot(one)])
                let entry = AggregateEntry(
                    series: one,
                    slotCount: 2,
                    digest: 1,
                    value: .counter(nano: 2)
                )
                told.tell(entry, in: Window(at: Samples.epoch))
            }
            for table in [own, told] {
                let entries = table.entries(of: Window(at: Samples.epoch))
                #expect(Set(entries.map { AggregateTable.hash(of: $0.series) }) == expected, "seed \(seed)")
                #expect(entries.allSatisfy { $0.slotCount == 2 })
                #expect(table.refused[.tooManySeries, default: 0] >= 40)
            }
        }
    }

    @Test func `a window takes no more memory than it may, and what found no room never comes back in part`()
    {
        let window = Window(at: Samples.epoch)
        let limits = AggregateTable.Limits(bytesPerWindow: 64 << 10)
        for seed in UInt64(1)...30 {
            var random = SplitMix64(seed: seed)
            var slots: [(chunk: ChunkID, slot: Slot)] = []
            for number in 0..<600 {
                let kind = Samples.kinds[random.below(4)]
                let slot = Samples.slot(
                    Samples.series(random.below(100), kind: kind),
                    Samples.value(kind, &random)
                )
                slots.append((Samples.chunk(UInt64(number)), slot))
            }
            var whole = Samples.table(.init(bytesPerWindow: 1 << 30))
            for (chunk, slot) in slots { whole.add(chunk, [slot]) }
            var own = Samples.table(limits)
            for (chunk, slot) in slots.shuffled(using: &random) { own.add(chunk, [slot]) }
            var told = Samples.table(limits)
            for entry in own.entries(of: window).shuffled(using: &random) { told.tell(entry, in: window) }
            let shown = own.entries(of: window)
            #expect(shown == Array(whole.entries(of: window).prefix(shown.count)), "seed \(seed)")
            #expect(told.entries(of: window) == shown && told.refused.isEmpty, "seed \(seed)")
            #expect(shown.count > 40 && shown.count < 150, "seed \(seed): \(shown.count)")
            #expect(own.refused.keys.map(\.self) == [.tooManySeries], "seed \(seed)")
            // What both sources have together is bounded as well.
            for (chunk, slot) in slots {
                let other = AggregateEntry(
                    series: Samples.series(500 + random.below(100)),
                    slotCount: 1,
                    digest: chunk.hash64,
                    value: .counter(nano: 1)
                )
                own.tell(other, in: window)
                told.tell(AggregateEntry(slot, hash: 1), in: window)
            }
            #expect(own.entries(of: window).reduce(0) { $0 + $1.cost } <= limits.bytesPerWindow)
        }
    }

    @Test func `own and told series together are no more than the limit`() {
        var table = Samples.table(.init(seriesPerWindow: 10))
        for number in 0..<10 {
            table.add(Samples.chunk(UInt64(number)), [Samples.slot(Samples.series(number))])
            let other = AggregateEntry(
                series: Samples.series(100 + number),
                slotCount: 1,
                digest: 1,
                value: .counter(nano: 1)
            )
            table.tell(other, in: Window(at: Samples.epoch))
        }
        let all = (Array(0..<10) + Array(100..<110)).map { AggregateTable.hash(of: Samples.series($0)) }
        let entries = table.entries(of: Window(at: Samples.epoch))
        #expect(entries.map { AggregateTable.hash(of: $0.series) } == Array(all.sorted().prefix(10)))
    }

    @Test func `what is no ten seconds of a service is passed over or refused`() {
        var table = Samples.table()
        var host = Samples.series(1)
        host.subject = .host("h")
        var minute = Samples.slot(Samples.series(1))
        minute.resolution = .minute
        table.add(Samples.chunk(1), [Samples.slot(host), minute])
        #expect(table.windows.isEmpty && table.refused.isEmpty)
        // Another service's slot in this service's chunk.
        table.add(Samples.chunk(2), [Samples.slot(Samples.series(1, service: "bank"))])
        let told = AggregateEntry(series: host, slotCount: 1, digest: 1, value: .counter(nano: 1))
        table.tell(told, in: Window(at: Samples.epoch))
        #expect(table.refused == [.foreignSubject: 2])
        // A value of another kind than its series.
        table.add(Samples.chunk(3), [Samples.slot(Samples.series(1), .histogram(ExponentialHistogram()))])
        let long = Series(
            String(repeating: "x", count: 9_000),
            unit: "",
            kind: .counter,
            subject: .service("shop")
        )
        table.add(Samples.chunk(4), [Samples.slot(long)])
        #expect(table.refused == [.foreignSubject: 2, .kind: 1, .tooLarge: 1])
        #expect(Samples.content(table).isEmpty == true)
    }

    @Test func `chunks beyond their limit are counted and not added`() {
        var table = Samples.table(.init(chunksPerWindow: 3))
        for number in UInt64(1)...5 {
            table.add(Samples.chunk(number), [Samples.slot(Samples.series(1))])
        }
        table.add(Samples.chunk(1), [Samples.slot(Samples.series(1))])
        #expect(table.entries(of: Window(at: Samples.epoch)).map(\.slotCount) == [3])
        #expect(table.refused == [.tooManyChunks: 2] && table.duplicateChunks == 1)
    }

    /// A table that is compared by what it shows.
    private struct Shown: Equatable {
        var table: AggregateTable

        /// Owning partitions is dear, so it is done once.
        private static let nothing = Samples.table(.init(seriesPerWindow: 5), ownsAll: false)

        init(_ table: AggregateTable) {
            self.table = Self.nothing
            self.table.join(table)
        }

        mutating func join(_ other: Shown) { self.table.join(other.table) }

        static func == (left: Shown, right: Shown) -> Bool {
            Samples.content(left.table) == Samples.content(right.table)
        }
    }
}
