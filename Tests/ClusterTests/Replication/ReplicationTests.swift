import Telemetry
import Testing

@testable import Cluster

/// What the write path of one node does with each input.
@Suite struct ReplicationTests {
    @Test func `a frame is logged here, copied to the other owner, and confirmed when both hold it`() throws {
        for localFirst in [true, false] {
            var bench = try ReplicationBench()
            let begun = bench.receive(1)
            #expect(
                begun == [
                    .append(ReplicationBench.id(1)), .copy(ReplicationBench.id(1), to: bench.ranking[1]),
                ]
            )
            let first =
                localFirst
                ? bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
                : bench.replication.acknowledged(ReplicationBench.id(1), by: bench.ranking[1], at: .zero)
            #expect(first.isEmpty)
            let second =
                localFirst
                ? bench.replication.acknowledged(ReplicationBench.id(1), by: bench.ranking[1], at: .zero)
                : bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
            #expect(
                second == [
                    .confirm(ReplicationBench.id(1), ReplicationBench.sender),
                    .release(ReplicationBench.id(1)),
                ]
            )
            #expect(bench.replication.pendingCount == 0 && bench.replication.pendingBytes == 0)
        }
    }

    @Test func `one acknowledgement that comes twice does not make two holders`() throws {
        var bench = try ReplicationBench(nodes: 5, copies: 3, confirmations: 3)
        _ = bench.receive(1)
        _ = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
        for _ in 0..<3 {
            let effects = bench.replication.acknowledged(
                ReplicationBench.id(1),
                by: bench.ranking[1],
                at: .zero
            )
            #expect(effects.isEmpty)
        }
        let last = bench.replication.acknowledged(ReplicationBench.id(1), by: bench.ranking[2], at: .zero)
        #expect(last.contains(.confirm(ReplicationBench.id(1), ReplicationBench.sender)))
    }

    @Test func `a cluster of one copy confirms at one copy`() throws {
        var bench = try ReplicationBench(nodes: 3, copies: 1, confirmations: 1)
        let begun = bench.receive(1)
        #expect(begun == [.append(ReplicationBench.id(1))])
        let done = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
        #expect(
            done == [
                .confirm(ReplicationBench.id(1), ReplicationBench.sender), .release(ReplicationBench.id(1)),
            ]
        )
    }

    @Test func `the next node takes the copy of one that refuses, goes, or stays silent`() throws {
        for way in 0..<3 {
            var bench = try ReplicationBench()
            _ = bench.receive(1)
            _ = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
            let effects: [Replication.Effect]
            switch way {
            case 0:
                effects = bench.replication.refused(ReplicationBench.id(1), by: bench.ranking[1], at: .zero)
            case 1:
                let rest = Set(bench.ranking).subtracting([bench.ranking[1]])
                effects = bench.replication.viewChanged(bench.placement, available: rest, at: .zero)
            default: effects = bench.replication.tick(at: .seconds(5))
            }
            #expect(effects.contains(.copy(ReplicationBench.id(1), to: bench.ranking[2])), "way \(way)")
        }
    }

    @Test func `where nobody else is there, one copy is accepted after a while, and no more is said`() throws
    {
        var bench = try ReplicationBench(nodes: 1)
        let begun = bench.receive(1)
        #expect(begun == [.append(ReplicationBench.id(1))])
        let safe = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .seconds(1))
        #expect(safe.isEmpty && bench.replication.deadline == .seconds(2))
        let early = bench.replication.tick(at: .seconds(1.9))
        let due = bench.replication.tick(at: .seconds(2))
        #expect(
            early.isEmpty
                && due == [
                    .accept(ReplicationBench.id(1), ReplicationBench.sender),
                    .release(ReplicationBench.id(1)),
                ]
        )
        #expect(bench.replication.deadline == nil)
    }

    @Test func `what no disk takes is refused, never accepted`() throws {
        var bench = try ReplicationBench(nodes: 2)
        _ = bench.receive(1)
        let half = bench.replication.appended(ReplicationBench.id(1), isSafe: false, at: .zero)
        #expect(half.isEmpty)
        let patient = bench.replication.tick(at: .seconds(3))
        #expect(patient.isEmpty)
        let none = bench.replication.refused(ReplicationBench.id(1), by: bench.ranking[1], at: .seconds(3))
        #expect(
            none == [
                .refuse(ReplicationBench.id(1), ReplicationBench.sender, .disk),
                .release(ReplicationBench.id(1)),
            ]
        )
    }

    @Test func `what only another's log holds is refused after a while: nobody here would owe it`() throws {
        for isSlow in [false, true] {
            var bench = try ReplicationBench(nodes: 2)
            let id = ReplicationBench.id(1)
            _ = bench.receive(1)
            _ = bench.replication.acknowledged(id, by: bench.ranking[1], at: .zero)
            if !isSlow { _ = bench.replication.appended(id, isSafe: false, at: .zero) }
            let early = bench.replication.tick(at: .seconds(1.9))
            // The own log may take it yet, but has no longer than another's.
            let patient = isSlow ? bench.replication.tick(at: .seconds(4.9)) : []
            #expect(early.isEmpty && patient.isEmpty)
            let due = bench.replication.tick(at: .seconds(isSlow ? 5 : 2))
            #expect(due.contains(.refuse(id, ReplicationBench.sender, .disk)))
            let late = bench.replication.appended(id, isSafe: true, at: .seconds(6))
            #expect(!late.contains(.accept(id, ReplicationBench.sender)))
        }
    }

    @Test
    func `a frame goes to an owner that can be reached, and is taken where there is none or this is one`()
        throws
    {
        let owner = try ReplicationBench()
        #expect(owner.replication.betterNode(for: 0) { _ in true } == nil)
        let other = try ReplicationBench(place: 2)
        #expect(other.replication.betterNode(for: 0) { _ in true } == other.ranking[0])
        #expect(other.replication.betterNode(for: 0) { $0 != other.ranking[0] } == other.ranking[1])
        #expect(other.replication.betterNode(for: 0) { $0 == other.ranking[3] } == nil)
    }

    @Test func `a duplicate joins what is under way, and later earns its confirmation again`() throws {
        var bench = try ReplicationBench()
        _ = bench.receive(1)
        let joined = bench.receive(1, from: 8)
        #expect(joined.isEmpty)
        _ = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
        let done = bench.replication.acknowledged(ReplicationBench.id(1), by: bench.ranking[1], at: .zero)
        #expect(done.contains(.confirm(ReplicationBench.id(1), ReplicationBench.sender)))
        #expect(done.contains(.confirm(ReplicationBench.id(1), Replication.Sender(8))))
        // The answer was lost on its way: nobody is told anything before two nodes said again that they hold it.
        let again = bench.receive(1)
        #expect(
            again == [.append(ReplicationBench.id(1)), .copy(ReplicationBench.id(1), to: bench.ranking[1])]
        )
        let one = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
        #expect(one.isEmpty)
    }

    @Test func `frames, bytes and waiters have limits`() throws {
        var limits = Replication.Limits()
        limits.pendingMax = 3
        limits.pendingBytesMax = 250
        limits.waitersMax = 2
        var bench = try ReplicationBench(limits: limits)
        _ = bench.receive(1)
        _ = bench.receive(2)
        let bytes = bench.receive(3)
        #expect(bytes == [.refuse(ReplicationBench.id(3), ReplicationBench.sender, .busy)])
        _ = bench.receive(1, from: 8)
        let waiters = bench.receive(1, from: 9)
        #expect(waiters == [.refuse(ReplicationBench.id(1), Replication.Sender(9), .busy)])
        #expect(bench.replication.pendingCount == 2)
    }

    @Test func `a sender that is gone hears nothing, and its frame goes its way`() throws {
        var bench = try ReplicationBench()
        _ = bench.receive(1)
        let forgotten = bench.replication.forget(ReplicationBench.sender, at: .zero)
        #expect(forgotten.isEmpty)
        _ = bench.replication.appended(ReplicationBench.id(1), isSafe: true, at: .zero)
        let done = bench.replication.acknowledged(ReplicationBench.id(1), by: bench.ranking[1], at: .zero)
        #expect(done == [.release(ReplicationBench.id(1))])
    }

    @Test func `answers about nothing change nothing`() throws {
        var bench = try ReplicationBench()
        let effects =
            bench.replication.appended(ReplicationBench.id(9), isSafe: true, at: .zero)
            + bench.replication.acknowledged(ReplicationBench.id(9), by: bench.ranking[1], at: .zero)
            + bench.replication.refused(ReplicationBench.id(9), by: bench.ranking[1], at: .zero)
            + bench.replication.tick(at: .seconds(99))
        #expect(effects.isEmpty && bench.replication.deadline == nil)
    }

    @Test func `whatever happens, nobody is told more than once, and confirmation means enough holders`()
        throws
    {
        for seed in UInt64(1)...300 {
            var random = SplitMix64(seed: seed)
            var bench = try ReplicationBench(
                nodes: 1 + random.below(5),
                copies: 2 + random.below(2),
                confirmations: 2
            )
            var holders: [UInt64: Set<NodeID>] = [:]
            var told: Set<UInt64> = []
            var waiting: Set<UInt64> = []
            var now = Duration.zero
            func check(_ effects: [Replication.Effect]) {
                for effect in effects {
                    switch effect {
                    case .confirm(let id, let sender):
                        #expect((holders[id.sequence]?.count ?? 0) >= 2, "seed \(seed)")
                        #expect(waiting.remove(sender.number) != nil && told.insert(sender.number).inserted)
                    case .accept(let id, let sender):
                        #expect(holders[id.sequence]?.contains(bench.ranking[0]) == true, "seed \(seed)")
                        #expect(waiting.remove(sender.number) != nil && told.insert(sender.number).inserted)
                    case .refuse(_, let sender, _):
                        #expect(waiting.remove(sender.number) != nil && told.insert(sender.number).inserted)
                    case .append, .copy, .copyFromLog, .release: break
                    }
                }
            }
            var number: UInt64 = 0
            for _ in 0..<60 {
                now += .milliseconds(random.below(700))
                let sequence = UInt64(1 + random.below(5))
                let node = bench.ranking[random.below(bench.ranking.count)]
                switch random.below(9) {
                case 0, 1:
                    number += 1
                    waiting.insert(number)
                    check(bench.receive(sequence, from: number, at: now))
                case 2:
                    if bench.replication.pending[ReplicationBench.id(sequence)]?.isAppending == true {
                        let isSafe = random.chance(perMille: 800)
                        if isSafe { holders[sequence, default: []].insert(bench.ranking[0]) }
                        check(
                            bench.replication.appended(ReplicationBench.id(sequence), isSafe: isSafe, at: now)
                        )
                    }
                case 3, 4:
                    guard node != bench.ranking[0] else { continue }
                    holders[sequence, default: []].insert(node)
                    check(bench.replication.acknowledged(ReplicationBench.id(sequence), by: node, at: now))
                case 5: check(bench.replication.refused(ReplicationBench.id(sequence), by: node, at: now))
                case 6:
                    let present = bench.ranking.indices.filter { $0 == 0 || random.chance(perMille: 700) }
                    check(bench.see(present, at: now))
                case 7:
                    let gone = UInt64(random.below(Int(number) + 1))
                    waiting.remove(gone)
                    check(bench.replication.forget(Replication.Sender(gone), at: now))
                default: check(bench.replication.tick(at: now))
                }
                #expect(bench.replication.inconsistency == nil, "seed \(seed)")
            }
        }
    }
}
