import Telemetry
import TestSupport
import Testing

@testable import Cluster

@Suite struct RepairTests {
    /// Chunks that a random part of the nodes holds, at least one each, owners or not.
    private static func scatter(
        _ count: Int,
        _ world: inout RepairWorld,
        _ random: inout SplitMix64
    ) -> [ChunkName] {
        (0..<count).map { _ in
            let chunk = world.chunk()
            let first = random.below(world.nodes.count)
            for node in world.nodes.indices where node == first || random.one(in: 3) {
                world.nodes[node].chunks.insert(chunk)
            }
            return chunk
        }
    }

    @Test func `whoever held what, in the end its owners hold every chunk and nobody else does`() {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(8)) {
            var random = SplitMix64(seed: seed)
            let count = 2 + random.below(4)
            var world = RepairWorld(nodes: count, replication: 1 + random.below(min(3, count)), seed: seed)
            world.lossPerMille = random.one(in: 2) ? 100 : 0
            let chunks = Self.scatter(20 + random.below(200), &world, &random)
            world.run(seconds: 600)
            world.lossPerMille = 0
            world.run(seconds: 600)
            let comment: Comment = "\(Sweep.replay("RepairTests", seed: seed))"
            #expect(world.breaches == [], comment)
            #expect(world.disorder(among: chunks, of: Array(0..<count)) == 0, comment)
            #expect(world.nodes.allSatisfy { $0.repair.findings.unequalPartitions == 0 }, comment)
            #expect(world.nodes.allSatisfy { $0.repair.findings.foreignPartitions == 0 }, comment)
        }
    }

    @Test func `a node that comes back empty is filled, and an equal cluster fetches nothing`() {
        var random = SplitMix64(seed: 4)
        var world = RepairWorld(nodes: 3, seed: 4)
        let chunks = Self.scatter(150, &world, &random)
        world.run(seconds: 300)
        let before = world.nodes.map(\.repair.counts.fetchedChunks)
        world.run(seconds: 300)
        #expect(world.nodes.map(\.repair.counts.fetchedChunks) == before)
        #expect(world.nodes.allSatisfy { $0.repair.findings.troubledRounds == 0 })
        world.nodes[1].chunks = []
        world.run(seconds: 200)
        #expect(world.disorder(among: chunks, of: [0, 1, 2]) == 0 && world.breaches == [])
        // Each came once.
        #expect(Set(world.nodes[1].fetched.suffix(world.nodes[1].chunks.count)) == world.nodes[1].chunks)
    }

    @Test func `members come and go in the middle, and nothing is lost`() {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(6)) {
            var random = SplitMix64(seed: seed)
            var world = RepairWorld(nodes: 5, seed: seed)
            world.lossPerMille = 30
            var members = [0, 1, 2]
            world.view(of: members)
            let chunks = (0..<100).map { _ in
                let chunk = world.chunk()
                for node in world.owners(of: chunk) { world.nodes[node].chunks.insert(chunk) }
                return chunk
            }
            for step in 0..<8 {
                world.run(seconds: random.one(in: 2) ? random.below(8) : 150, members)
                // One at a time, and never so many that a chunk's holders are all gone.
                members = random.one(in: 2) ? [0, 1, 2, 3 + step % 2] : [0, 1, 2]
                world.view(of: members)
            }
            members = [0, 1, 2, 3, 4]
            world.view(of: members)
            world.lossPerMille = 0
            world.run(seconds: 900)
            let comment: Comment = "\(Sweep.replay("RepairTests", seed: seed))"
            #expect(world.breaches == [], comment)
            #expect(world.disorder(among: chunks, of: members) == 0, comment)
        }
    }

    @Test(arguments: [RepairWorld.Manner.garbage, .wrong, .phantom, .silent])
    func `a replica that answers badly for ever keeps nobody from being repaired`(
        _ manner: RepairWorld.Manner
    ) {
        var random = SplitMix64(seed: 8)
        var world = RepairWorld(nodes: 4, replication: 3, seed: 8)
        world.nodes[3].manner = manner
        let chunks = (0..<120).map { _ in
            let chunk = world.chunk()
            world.nodes[random.below(3)].chunks.insert(chunk)
            return chunk
        }
        for chunk in chunks.prefix(40) { world.nodes[3].chunks.insert(chunk) }
        world.run(seconds: 1200)
        let lacking = chunks.filter { chunk in
            world.owners(of: chunk).contains { $0 != 3 && !world.nodes[$0].chunks.contains(chunk) }
        }
        #expect(lacking.isEmpty && world.breaches == [])
        let counts = world.nodes[0].repair.counts
        switch manner {
        case .garbage, .wrong: #expect(counts.garbage > 0 && counts.garbage < 60)
        case .silent: #expect(counts.unanswered > 0 && counts.unanswered < 60)
        default: #expect(counts.goneChunks > 0 && world.nodes[0].repair.findings.unequalPartitions > 0)
        }
        if manner == .phantom { #expect(world.nodes[0].repair.findings.troubledRounds > 10) }
        // It is well again.
        world.nodes[3].manner = .sound
        world.run(seconds: 900)
        #expect(world.disorder(among: chunks, of: [0, 1, 2, 3]) == 0 && world.breaches == [])
    }

    @Test func `a disk that refuses stops nothing else, and is filled when it takes again`() {
        var random = SplitMix64(seed: 9)
        var world = RepairWorld(nodes: 3, seed: 9)
        world.nodes[1].isDiskFull = true
        let chunks = Self.scatter(100, &world, &random)
        world.run(seconds: 300)
        let lacking = chunks.filter { chunk in
            world.owners(of: chunk).contains { $0 != 1 && !world.nodes[$0].chunks.contains(chunk) }
        }
        #expect(lacking.isEmpty && world.nodes[1].repair.counts.refused > 0)
        #expect(world.nodes[1].repair.counts.refused < 60 && world.nodes[1].fetched.isEmpty)
        world.nodes[1].isDiskFull = false
        world.run(seconds: 300)
        #expect(world.disorder(among: chunks, of: [0, 1, 2]) == 0 && world.breaches == [])
    }

    @Test func `below the higher of two floors nothing is fetched or given away`() {
        for seed in UInt64(1)...10 {
            var random = SplitMix64(seed: seed)
            var world = RepairWorld(nodes: 3, seed: seed)
            for node in 0..<3 {
                world.nodes[node].floor = (RepairWorld.minute / 60 - UInt32(random.below(5))) * 60
            }
            let chunks = Self.scatter(150, &world, &random)
            let held = world.nodes.map(\.chunks)
            world.run(seconds: 900)
            #expect(
                world.breaches == [] && world.disorder(among: chunks, of: [0, 1, 2]) == 0,
                "seed \(seed)"
            )
            for node in 0..<3 {
                for chunk in world.nodes[node].chunks.subtracting(held[node]) {
                    let givers = [0, 1, 2].filter { $0 != node && held[$0].contains(chunk) }
                    let minute = UInt32(chunk.created.minute)
                    #expect(givers.contains { world.nodes[$0].floor <= minute }, "seed \(seed)")
                    #expect(world.nodes[node].floor <= minute, "seed \(seed)")
                }
            }
        }
    }

    @Test func `partitions that the fewest hold come first`() {
        var world = RepairWorld(nodes: 5, replication: 5, seed: 12) { $0.bytesPerSecond = 2_000 }
        let chunks = (0..<60).map { _ in world.chunk() }
        // Node 0 lacks all of them; of the first half there is one copy, of the others there are three.
        for (number, chunk) in chunks.enumerated() {
            for node in number < 30 ? [1] : [1, 2, 3] { world.nodes[node].chunks.insert(chunk) }
        }
        world.run(seconds: 200, [0, 1, 2, 3, 4])
        let order = world.nodes[4].fetched.filter { chunks.contains($0) }.compactMap {
            chunks.firstIndex(of: $0)
        }
        #expect(order.count == 60 && order.prefix(20).allSatisfy { $0 < 30 }, "\(order)")
        #expect(world.breaches == [])
    }

    @Test func `a disk that refuses after the view has changed stops nothing`() {
        for seed in UInt64(1)...10 {
            var world = RepairWorld(nodes: 3, seed: seed)
            // Longer than it takes until the next round asks who holds what.
            world.keepMilliseconds = 3_500...9_000
            let chunks = (0..<60).map { _ in
                let chunk = world.chunk()
                world.nodes[world.random.below(3)].chunks.insert(chunk)
                return chunk
            }
            for node in 0..<3 { world.nodes[node].isDiskFull = true }
            for step in 0..<30 {
                world.run(seconds: 2 + step % 5, [0, 1, 2])
                world.view(of: step.isMultiple(of: 2) ? [0, 1] : [0, 1, 2])
            }
            for node in 0..<3 { world.nodes[node].isDiskFull = false }
            world.view(of: [0, 1, 2])
            world.run(seconds: 600)
            #expect(world.nodes.allSatisfy { $0.repair.counts.refused > 0 }, "seed \(seed)")
            #expect(world.nodes.allSatisfy { $0.repair.counts.rounds > 5 }, "seed \(seed)")
            #expect(
                world.disorder(among: chunks, of: [0, 1, 2]) == 0 && world.breaches == [],
                "seed \(seed)"
            )
        }
    }

    @Test func `what a full disk refused a moment ago is fetched as soon as there is room`() {
        var world = RepairWorld(nodes: 2, seed: 6)
        world.run(seconds: 120)
        world.nodes[0].isDiskFull = true
        // Too young for the rounds of a calm time.
        let chunks = (0..<20).map { _ in world.chunk(minutes: 1, youngest: 1) }
        for chunk in chunks { world.nodes[1].chunks.insert(chunk) }
        world.run(seconds: 31)
        world.nodes[0].isDiskFull = false
        world.run(seconds: 36)
        #expect(world.disorder(among: chunks, of: [0, 1]) == 0 && world.breaches == [])
    }

    @Test func `what went elsewhere while a way was cut is fetched once there is a link again`() {
        for isMet in [true, false] {
            var world = RepairWorld(nodes: 2, seed: 6)
            world.run(seconds: 120)
            // Everybody is taken for alive meanwhile, and nobody answers; chunks are too young for the rounds of a calm time.
            for node in 0..<2 { world.nodes[node].manner = .silent }
            let chunks = (0..<20).map { _ in world.chunk(minutes: 1, youngest: 1) }
            for chunk in chunks { world.nodes[1].chunks.insert(chunk) }
            world.run(seconds: 60)
            for node in 0..<2 { world.nodes[node].manner = .sound }
            if isMet { for node in 0..<2 { world.meet(node, 1 - node) } }
            world.run(seconds: 15)
            #expect((world.disorder(among: chunks, of: [0, 1]) == 0) == isMet && world.breaches == [])
        }
    }

    @Test func `a new link forgives silence, and no garbage`() {
        for manner in [RepairWorld.Manner.silent, .garbage] {
            var world = RepairWorld(nodes: 2, seed: 6)
            world.nodes[1].manner = manner
            world.run(seconds: 60)
            let until = world.nodes[0].repair.offenders[world.names[1]]?.until
            #expect(until.map { $0 > world.now } == true)
            world.meet(0, 1)
            #expect(world.nodes[0].repair.offenders.isEmpty == (manner == .silent))
        }
    }

    @Test func `however often links come and go, rounds are made`() {
        var world = RepairWorld(nodes: 3, seed: 4)
        let chunks = (0..<40).map { _ in
            let chunk = world.chunk()
            world.nodes[world.random.below(2)].chunks.insert(chunk)
            return chunk
        }
        // The third one comes and goes faster than rounds follow each other; nobody loses its place.
        for step in 0..<200 {
            for node in 0..<2 { world.view(of: node, peers: step.isMultiple(of: 2) ? [0, 1] : [0, 1, 2]) }
            world.run(seconds: 2, [0, 1])
        }
        #expect((0..<2).allSatisfy { world.nodes[$0].repair.counts.rounds >= 10 })
        let lacking = chunks.filter { chunk in
            world.owners(of: chunk).contains { $0 < 2 && !world.nodes[$0].chunks.contains(chunk) }
        }
        #expect(lacking == [] && world.breaches == [])
    }

    @Test func `of deaths in a row the first one decides when copying begins`() {
        var world = RepairWorld(nodes: 6, replication: 3, seed: 5)
        world.run(seconds: 100)
        let before = world.nodes[0].repair.counts.rounds
        var members = [0, 1, 2, 3, 4, 5]
        for _ in 0..<3 {
            members.removeLast()
            world.view(of: members)
            world.run(seconds: 15, members)
            #expect(world.nodes[0].repair.counts.rounds == before)
        }
        world.run(seconds: 20, members)
        #expect(world.nodes[0].repair.counts.rounds > before)
    }

    @Test func `a store that cannot say what it holds ends no round`() {
        var repair = Repair(
            local: .named("a"),
            placement: RepairWorld.placement([.named("a")], 1),
            options: .init()
        )
        let clock = ClusterTime(nanoseconds: UInt64(RepairWorld.minute) * 60_000_000_000)
        let effects = repair.tick(at: .seconds(5), clock: clock, floor: 0)
        guard case .ask(.partitions, _, let number)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(repair.unanswered(number, isGarbage: false, at: .seconds(6)) == [])
        #expect(repair.counts.rounds == 0 && repair.findings.at == nil && !repair.isBusy)
        #expect(repair.deadline > .seconds(6))
    }

    @Test func `what an owner holds is given away once, when all of them hold it`() {
        var world = RepairWorld(nodes: 3, seed: 13)
        let chunk = world.chunk()
        for node in 0..<3 { world.nodes[node].chunks.insert(chunk) }
        let foreign = [0, 1, 2].first { !world.owners(of: chunk).contains($0) } ?? 0
        let digest = ChunkDigest(chunk.id)
        let span = BucketSpan(chunk.id.key, created: chunk.created)
        #expect(world.owners(of: chunk).count == 2 && digest == chunk.digest && span.start > 0)
        world.run(seconds: 120)
        #expect(!world.nodes[foreign].chunks.contains(chunk) && world.breaches == [])
        #expect(world.nodes[foreign].repair.counts.givenSpans == 1)
    }

    @Test func `what was purged while a node was away goes there too, and does not come back from it`() {
        for seed in UInt64(1)...10 {
            var random = SplitMix64(seed: seed)
            var world = RepairWorld(nodes: 3, seed: seed)
            world.lossPerMille = seed.isMultiple(of: 2) ? 50 : 0
            let chunks = Self.scatter(80, &world, &random)
            world.run(seconds: 400)
            let away = random.below(3)
            let present = [0, 1, 2].filter { $0 != away }
            world.view(of: present)
            var purged = Tombstones()
            for chunk in chunks.prefix(20) { _ = purged.add(Tombstone(chunk.id.key, at: world.clock)) }
            // One of those that are there did not hear of all of it either.
            world.bury(purged, at: present[0])
            world.run(seconds: 300, present)
            world.view(of: [0, 1, 2])
            world.lossPerMille = 0
            world.run(seconds: 600)
            let left = world.nodes.map { node in chunks.prefix(20).count { node.chunks.contains($0) } }
            #expect(left == [0, 0, 0], "seed \(seed)")
            #expect(world.disorder(among: Array(chunks.dropFirst(20)), of: [0, 1, 2]) == 0, "seed \(seed)")
            #expect(
                world.breaches == [] && world.nodes.allSatisfy { $0.tombstones == purged },
                "seed \(seed)"
            )
            #expect(world.nodes.allSatisfy { $0.repair.findings.unequalPartitions == 0 }, "seed \(seed)")
        }
    }

    @Test func `the same seed gives the same run`() {
        func play() -> [Repair.Counts] {
            var random = SplitMix64(seed: 21)
            var world = RepairWorld(nodes: 4, seed: 21)
            world.lossPerMille = 80
            _ = Self.scatter(120, &world, &random)
            world.run(seconds: 400)
            return world.nodes.map(\.repair.counts)
        }
        #expect(play() == play())
    }

    @Test func `answers that nobody waits for change nothing`() {
        let names = ["a", "b"].map { NodeID.named($0) }
        var repair = Repair(local: names[0], placement: RepairWorld.placement(names, 2))
        #expect(repair.answered(7, .chunks([1]), at: .zero) == [])
        #expect(repair.unanswered(7, isGarbage: true, at: .zero) == [])
        #expect(repair.kept(7, .garbage, at: .zero) == [])
        #expect(repair.counts == Repair.Counts() && !repair.isBusy)
    }
}
