import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct ClusterReadTests {
    /// Nodes that hold frames here and there, and what the frames are.
    private struct World {
        struct Made {
            var frames: [SealedFrame]
            var spans: [TestSpan] = []
            var logs: [TestLog] = []
            var at: ClusterTime
            var holders: Set<Int>
        }

        var random: SplitMix64
        let clock = TestClock()
        var nodes: [TestStore] = []
        var made: [Made] = []
        var ids: [TraceID] = []
        let edges: [TestEdge]
        let copies: Int

        init(seed: UInt64) throws {
            var random = SplitMix64(seed: seed)
            self.edges = (1...3).map { TestEdge(run: seed << 8 | $0) }
            self.copies = 1 + random.below(3)
            for _ in 0..<(1 + random.below(5)) {
                let bytes = 2_000 + random.below(30_000)
                self.nodes.append(try TestStore(nil, clock: self.clock) { $0.segmentBytesMax = bytes })
            }
            self.ids = (0..<8).map { _ in random.traceID() }
            self.random = random
        }

        /// Makes something and gives it to some nodes, to some of them twice.
        mutating func step() async throws {
            self.clock.advance(seconds: 11 + UInt64(self.random.below(200)))
            let now = self.clock.now
            let edge = self.edges[self.random.below(3)]
            var made = Made(frames: [], at: now, holders: [])
            for _ in 0..<min(self.copies, self.nodes.count) {
                made.holders.insert(self.random.below(self.nodes.count))
            }
            switch self.random.below(3) {
            case 0:
                let ids = self.ids.filter { _ in self.random.chance(perMille: 300) }
                made.spans = StoreModel.spans(ids, at: now, &self.random)
                made.frames = try edge.spans(made.spans, at: now)
            case 1:
                made.logs = StoreModel.logs(self.ids, at: now, &self.random)
                made.frames = try edge.logs(made.logs, at: now)
            default: made.frames = edge.slots(StoreModel.values(&self.random), at: now)
            }
            for holder in made.holders.sorted() {
                let times = self.random.chance(perMille: 200) ? 2 : 1
                for _ in 0..<times {
                    _ = await self.nodes[holder].append(made.frames.map { Arrival($0, .copy) })
                }
            }
            self.made.append(made)
            let node = self.nodes[self.random.below(self.nodes.count)]
            if self.random.chance(perMille: 100) { await node.store.seal() }
            if self.random.chance(perMille: 100) { await node.store.mergeAll() }
        }

        /// What nodes hold together.
        func model(without silent: Set<Int>) throws -> StoreModel {
            var model = StoreModel()
            for made in self.made where !made.holders.isSubset(of: silent) {
                model.add(made.spans, at: made.at)
                model.add(made.logs, at: made.at)
                try model.add(slotsOf: made.frames.filter { $0.header.signal == .slots })
            }
            return model
        }

        func exchange(without silent: Set<Int> = []) -> StoreExchange {
            let names = self.nodes.indices.map { "node-\($0)" }
            return StoreExchange(
                nodes: Array(zip(names, self.nodes.map(\.store))),
                silent: Set(silent.map { names[$0] })
            )
        }

        func close() async { for node in self.nodes { await node.store.close() } }
    }

    @Test
    func `merged answers are those of one node that holds everything, whoever holds what and is missing`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(12)) {
            var world = try World(seed: seed)
            let comment: Comment = "\(Sweep.replay("ClusterReadTests", seed: seed))"
            for _ in 0..<40 { try await world.step() }
            let whole = ClusterReader(world.exchange())
            try await world.model(without: []).check(whole, &world.random, comment)
            let silent: Set<Int> = [world.random.below(world.nodes.count)]
            let part = ClusterReader(world.exchange(without: silent))
            try await world.model(without: silent).check(part, &world.random, comment, isComplete: false)
            let names = silent.map { "node-\($0)" }
            #expect(try await part.search(SearchQuery()).missing == names, comment)
            #expect(try await part.logs(LogQuery()).missing == names, comment)
            #expect(try await part.seriesAnswer(SeriesQuery()).missing == names, comment)
            #expect(try await part.valuesAnswer(.service, limit: 10).missing == names, comment)
            await world.close()
        }
    }

    @Test func `of logs the newest chunks come first, as many as one node with all of them gives`()
        async throws
    {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(6)) {
            var world = try World(seed: seed)
            let one = try TestStore(nil, clock: world.clock)
            for _ in 0..<40 { try await world.step() }
            for made in world.made { await one.append(made.frames) }
            for limit in [1, 3, 10, 40] {
                var query = LogQuery(limit: limit)
                query.minSeverity = [0, 9, 17][world.random.below(3)]
                let expected = try await one.store.logs(query)
                let answer = try await ClusterReader(world.exchange()).logs(query)
                let comment: Comment = "seed \(seed), limit \(limit)"
                #expect(
                    multiset(OTLPItems.bodies(answer.logs)) == multiset(OTLPItems.bodies(expected.logs)),
                    comment
                )
                #expect(answer.count == expected.count, comment)
                // One node does not open what is left once it has enough; several may have opened all they have.
                #expect(answer.isComplete || !expected.isComplete, comment)
            }
            await world.close()
            await one.store.close()
        }
    }

    @Test func `only what was stored under different frames counts as duplicate`() async throws {
        let nodes = [try TestStore(), try TestStore()]
        let id = TraceID(high: 1, low: 2)
        var open = TestSpan(trace: id, span: 6)
        open.end = 0
        let spans = [TestSpan(trace: id, span: 5), open]
        let edge = TestEdge()
        let first = try edge.spans(spans)
        let second = try edge.spans([spans[0], TestSpan(trace: id, span: 6)])
        for node in nodes { await node.append(first) }
        let exchange = StoreExchange(nodes: [("a", nodes[0].store), ("b", nodes[1].store)])
        let once = try #require(try await ClusterReader(exchange).trace(id))
        #expect(once.spanCount == 2 && once.duplicateCount == 0 && once.missing == [])
        await nodes[1].append(second)
        await nodes[0].store.mergeAll()
        let twice = try #require(try await ClusterReader(exchange).trace(id))
        // The span that came twice, and the open one that gave way to its end.
        #expect(twice.spanCount == 2 && twice.duplicateCount == 1)
        #expect(Set(OTLPItems.bodies(twice.spans)).count == 2)
        for node in nodes { await node.store.close() }
    }

    @Test func `nothing found is an answer only where everyone answered`() async throws {
        let nodes = [try TestStore(), try TestStore()]
        var exchange = StoreExchange(nodes: [("a", nodes[0].store), ("b", nodes[1].store)])
        let id = TraceID(high: 1, low: 2)
        #expect(try await ClusterReader(exchange).trace(id) == nil)
        exchange.silent = ["b"]
        await #expect(throws: UnansweredRead(missing: ["b"])) {
            try await ClusterReader(exchange).trace(id)
        }
        await nodes[0].append(try TestEdge().spans([TestSpan(trace: id, span: 1)]))
        #expect(try await ClusterReader(exchange).trace(id)?.missing == ["b"])
        for node in nodes { await node.store.close() }
    }

    @Test func `attributes are looked for in all chunks of a trace, on whichever node`() async throws {
        let nodes = [try TestStore(), try TestStore()]
        let id = TraceID(high: 1, low: 2)
        let edge = TestEdge()
        let plain = try edge.spans([TestSpan(trace: id, span: 1)])
        let marked = try edge.spans([TestSpan(trace: id, span: 2, attributes: ["k": "v"])])
        await nodes[0].append(plain)
        await nodes[1].append(plain)
        await nodes[1].append(marked)
        let reader = ClusterReader(
            StoreExchange(nodes: [("a", nodes[0].store), ("b", nodes[1].store)])
        )
        var query = SearchQuery()
        query.attributes = [AttributeMatch(key: "k", value: "v")]
        #expect(try await reader.search(query).hits.map(\.spanCount) == [2])
        query.attributes = [AttributeMatch(key: "k", value: "w")]
        #expect(try await reader.search(query).hits.isEmpty)
        for node in nodes { await node.store.close() }
    }

    @Test func `slots that were rolled up here and not there are never counted twice`() async throws {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(8)) {
            var random = SplitMix64(seed: seed)
            let clock = TestClock()
            let nodes = try (0..<3).map { _ in try TestStore(nil, clock: clock) }
            let edges = (1...3).map { TestEdge(run: seed << 8 | $0) }
            var model = StoreModel()
            let isWhole = random.chance(perMille: 500)
            for _ in 0..<60 {
                clock.advance(seconds: 60)
                let frames = edges[random.below(3)].slots(StoreModel.values(&random), at: clock.now)
                try model.add(slotsOf: frames)
                for (index, node) in nodes.enumerated() where isWhole && index == 2 || random.below(2) == 0 {
                    _ = await node.append(frames.map { Arrival($0, .first) })
                }
            }
            // Six hours and a bit: what is merged now is rolled up, some of it at least.
            clock.advance(seconds: 6 * 3_600 - UInt64(random.below(3_600)))
            for node in nodes where random.chance(perMille: 600) { await node.store.mergeAll() }
            let reader = ClusterReader(
                StoreExchange(nodes: nodes.enumerated().map { ("node-\($0)", $1.store) })
            )
            let query = SeriesQuery(step: [3_600_000_000_000, nil][random.below(2)])
            let found = Self.totals(try await reader.series(query))
            var merger = SeriesMerger(query)
            for (_, slot) in model.slots { merger.add(slot) }
            let truth = Self.totals(merger.result)
            let comment: Comment = "seed \(seed), whole: \(isWhole)"
            if isWhole { #expect(found == truth, comment) }
            for (series, total) in found { #expect(total <= truth[series, default: 0], comment) }
            for node in nodes {
                for (series, total) in Self.totals(try await node.store.series(query)) {
                    #expect(found[series, default: 0] >= total, comment)
                }
            }
            for node in nodes { await node.store.close() }
        }
    }

    @Test func `slots that a purge of a window's first half put together are not added to what they were`()
        async throws
    {
        let clock = TestClock(ClusterTime(nanoseconds: 1_700_000_000_000_000_000))
        let nodes = try (0..<2).map { _ in try TestStore(nil, clock: clock) }
        let series = Series("calls", unit: "{call}", kind: .counter, subject: .service("cart"))
        let frames = (UInt64(1)...3).flatMap { run in
            TestEdge(run: run).slots([(series, .counter(nano: 5))], at: clock.now)
        }
        for node in nodes { await node.append(frames) }
        clock.advance(seconds: 60)
        _ = try await nodes[0].store.purge(before: ClusterTime(nanoseconds: TestEdge.epoch.nanoseconds + 5))
        let exchange = StoreExchange(nodes: [("a", nodes[0].store), ("b", nodes[1].store)])
        for store in nodes.map(\.store) {
            #expect(Self.totals(try await store.series(SeriesQuery())) == [series: 15])
        }
        #expect(Self.totals(try await ClusterReader(exchange).series(SeriesQuery())) == [series: 15])
        for node in nodes { await node.store.close() }
    }

    private static func totals(_ lines: [SeriesLine]) -> [Series: Int128] {
        var totals: [Series: Int128] = [:]
        for line in lines {
            for point in line.points {
                switch point.value {
                case .counter(let nano): totals[line.series, default: 0] += nano
                case .gauge(let gauge): totals[line.series, default: 0] += Int128(gauge.count)
                case .histogram(let histogram): totals[line.series, default: 0] += Int128(histogram.count)
                case .distinct(let distinct): totals[line.series, default: 0] += Int128(distinct.estimate)
                }
            }
        }
        return totals
    }
}
