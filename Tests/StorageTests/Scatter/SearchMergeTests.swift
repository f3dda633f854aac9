import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct SearchMergeTests {
    /// Nodes as lists of chunks.
    private struct World {
        var nodes: [[TraceID: [ChunkFact]]]
        var silent: Set<Int> = []
        var searches = 0
        var judged = 0

        init(_ random: inout SplitMix64) {
            self.nodes = Array(repeating: [:], count: 1 + random.below(4))
            for number in 0..<UInt64(5 + random.below(60)) {
                let id = TraceID(high: 1, low: number)
                for part in 0...UInt64(random.below(3)) {
                    let start = UInt64(random.below(1_000))
                    let fact = ChunkFact(
                        frame: FrameID(run: RunID(high: number, low: 0), sequence: part),
                        start: start,
                        end: start + UInt64(random.below(100)),
                        itemCount: 1 + UInt32(random.below(9)),
                        errorCount: UInt32(random.below(2)),
                        isRoot: part == 0,
                        service: "s",
                        rootName: nil
                    )
                    for _ in 0..<2 {
                        self.nodes[random.below(self.nodes.count)][id, default: []].append(fact)
                    }
                }
            }
        }

        static func hit(_ id: TraceID, _ facts: some Sequence<ChunkFact>) -> TraceHit {
            var hit = TraceHit(trace: id)
            for fact in Set(facts).sorted(by: { $0.frame < $1.frame }) { hit.add(fact) }
            return hit
        }

        /// A node offers a trace of which one chunk alone fits, and all it has together.
        func search(_ node: Int, _ query: SearchQuery) -> SearchAnswer {
            let hits = self.nodes[node].compactMap { id, facts -> TraceHit? in
                let hit = Self.hit(id, facts)
                let isOffered = facts.contains { query.fits(Self.hit(id, [$0])) }
                return query.fits(hit) && isOffered ? hit : nil
            }.sorted { ($0.start, $1.trace) > ($1.start, $0.trace) }
            return SearchAnswer(hits: Array(hits.prefix(query.limit)), isComplete: true)
        }

        mutating func run(_ merge: inout SearchMerge) -> SearchAnswer? {
            for _ in 0..<500 {
                switch merge.next {
                case .done(let answer): return answer
                case .search(let query, let names):
                    self.searches += 1
                    let asked = self.nodes.indices.filter { names?.contains("\($0)") ?? true }
                    merge.receive(
                        query,
                        asked.filter { !self.silent.contains($0) }.map { ("\($0)", self.search($0, query)) },
                        missing: asked.filter { self.silent.contains($0) }.map { "\($0)" }
                    )
                case .parts(let ids):
                    self.judged += ids.count
                    let answers = self.nodes.indices.filter { !self.silent.contains($0) }.map { node in
                        ids.map { TraceParts(trace: $0, chunks: self.nodes[node][$0] ?? []) }
                    }
                    merge.receive(ids, answers, missing: self.silent.sorted().map { "\($0)" })
                }
            }
            return nil
        }

        /// What is there on the nodes that answer.
        func all() -> [TraceID: Set<ChunkFact>] {
            var all: [TraceID: Set<ChunkFact>] = [:]
            for (index, node) in self.nodes.enumerated() where !self.silent.contains(index) {
                for (id, facts) in node { all[id, default: []].formUnion(facts) }
            }
            return all
        }
    }

    private static func query(_ random: inout SplitMix64) -> SearchQuery {
        var query = SearchQuery(limit: 1 + random.below(12))
        if random.chance(perMille: 400) { query.from = UInt64(random.below(1_000)) }
        if random.chance(perMille: 400) { query.to = UInt64(random.below(1_000)) }
        if random.chance(perMille: 400) { query.minDuration = UInt64(random.below(200)) }
        if random.chance(perMille: 400) { query.maxDuration = UInt64(random.below(400)) }
        query.onlyErrors = random.chance(perMille: 300)
        return query
    }

    @Test func `hits are whole, fit as a whole, and are the latest of all of which one chunk alone fits`() {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(300)) {
            var random = SplitMix64(seed: seed)
            var world = World(&random)
            if world.nodes.count > 1, random.chance(perMille: 300) { world.silent = [0] }
            let query = Self.query(&random)
            var merge = SearchMerge(query)
            let comment: Comment = "\(Sweep.replay("SearchMergeTests", seed: seed))"
            guard let answer = world.run(&merge) else {
                Issue.record("it does not end; \(comment)")
                continue
            }
            let all = world.all()
            #expect(answer.isComplete == world.silent.isEmpty, comment)
            #expect(answer.missing == world.silent.map { "\($0)" }, comment)
            #expect(answer.hits.count <= query.limit, comment)
            for hit in answer.hits {
                #expect(query.fits(hit) && hit == World.hit(hit.trace, all[hit.trace] ?? []), comment)
            }
            #expect(answer.hits.map(\.start) == answer.hits.map(\.start).sorted(by: >), comment)
            let last = answer.hits.count == query.limit ? answer.hits.last?.start ?? 0 : 0
            let found = Set(answer.hits.map(\.trace))
            for (id, facts) in all {
                let hit = World.hit(id, facts)
                let isCertain = facts.contains { query.fits(World.hit(id, [$0])) }
                guard query.fits(hit), isCertain, answer.hits.count < query.limit || hit.start > last else {
                    continue
                }
                #expect(found.contains(id), comment)
            }
        }
    }

    @Test func `a budget that ends says so, and keeps to it`() {
        var random = SplitMix64(seed: 7)
        var hasEnded = false
        for seed in UInt64(1)...60 {
            var world = World(&random)
            var query = Self.query(&random)
            query.minDuration = 0
            query.maxDuration = 20
            query.limit = 3
            var merge = SearchMerge(query, budget: 6)
            let answer = world.run(&merge)
            #expect(answer != nil && world.judged <= 6 && world.searches <= 2, "seed \(seed)")
            hasEnded = hasEnded || answer?.isComplete == false
        }
        #expect(hasEnded)
    }

    @Test
    func
        `a node that could not prove its hits makes the answer incomplete, and nothing is asked for no hits`()
    {
        var merge = SearchMerge(SearchQuery())
        guard case .search(let query, nil) = merge.next else {
            Issue.record("expected a search of all nodes")
            return
        }
        merge.receive(query, [("a", SearchAnswer(hits: [], isComplete: false))], missing: [])
        #expect(merge.next == .done(SearchAnswer(hits: [], isComplete: false)))
        #expect(SearchMerge(SearchQuery(limit: 0)).next == .done(SearchAnswer(hits: [], isComplete: true)))
    }
}
