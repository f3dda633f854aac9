import Telemetry
import Testing

@testable import Cluster

/// What the write path of one node does with each input.
@Suite struct ReplicationTests {
    private static let run = RunID(high: 1, low: 2)
    private static let sender = Replication.Sender(7)

    /// Nodes `a` to …, of which the first in the ranking of partition 0 is the local one.
    private struct Bench {
        var replication: Replication
        let ranking: [NodeID]
        let placement: Placement

        init(
            nodes: Int = 4,
            copies: Int = 2,
            confirmations: Int = 2,
            limits: Replication.Limits = .init()
        ) throws {
            let members = (0..<nodes).map { MemberRecord.named("node-\($0)") }
            let parameters = try #require(
                PlacementParameters(replication: copies, confirmations: confirmations)
            )
            self.placement = Placement(members, parameters)
            self.ranking = self.placement.ranking(of: 0)
            self.replication = Replication(
                local: self.ranking[0],
                placement: self.placement,
                available: Set(members.map(\.node)),
                limits: limits
            )
        }

        mutating func receive(
            _ sequence: UInt64,
            from number: UInt64 = 7,
            at now: Duration = .zero
        ) -> [Replication.Effect] {
            self.replication.receive(
                FrameID(run: run, sequence: sequence),
                partition: 0,
                bytes: 100,
                from: Replication.Sender(number),
                at: now
            )
        }
    }

    private static func id(_ sequence: UInt64) -> FrameID { FrameID(run: self.run, sequence: sequence) }

    @Test func `a frame is logged here, copied to the other owner, and confirmed when both hold it`() throws {
        for localFirst in [true, false] {
            var bench = try Bench()
            let begun = bench.receive(1)
            #expect(begun == [.append(Self.id(1)), .copy(Self.id(1), to: bench.ranking[1])])
            let first =
                localFirst
                ? bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
                : bench.replication.acknowledged(Self.id(1), by: bench.ranking[1], at: .zero)
            #expect(first.isEmpty)
            let second =
                localFirst
                ? bench.replication.acknowledged(Self.id(1), by: bench.ranking[1], at: .zero)
                : bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
            #expect(second == [.confirm(Self.id(1), Self.sender), .release(Self.id(1))])
            #expect(bench.replication.pendingCount == 0 && bench.replication.pendingBytes == 0)
        }
    }

    @Test func `one acknowledgement that comes twice does not make two holders`() throws {
        var bench = try Bench(nodes: 5, copies: 3, confirmations: 3)
        _ = bench.receive(1)
        _ = bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
        for _ in 0..<3 {
            let effects = bench.replication.acknowledged(Self.id(1), by: bench.ranking[1], at: .zero)
            #expect(effects.isEmpty)
        }
        let last = bench.replication.acknowledged(Self.id(1), by: bench.ranking[2], at: .zero)
        #expect(last.contains(.confirm(Self.id(1), Self.sender)))
    }

    @Test func `a cluster of one copy confirms at one copy`() throws {
        var bench = try Bench(nodes: 3, copies: 1, confirmations: 1)
        let begun = bench.receive(1)
        #expect(begun == [.append(Self.id(1))])
        let done = bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
        #expect(done == [.confirm(Self.id(1), Self.sender), .release(Self.id(1))])
    }

    @Test func `the next node takes the copy of one that refuses, goes, or stays silent`() throws {
        for way in 0..<3 {
            var bench = try Bench()
            _ = bench.receive(1)
            _ = bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
            let effects: [Replication.Effect]
            switch way {
            case 0: effects = bench.replication.refused(Self.id(1), by: bench.ranking[1], at: .zero)
            case 1:
                let rest = Set(bench.ranking).subtracting([bench.ranking[1]])
                effects = bench.replication.viewChanged(bench.placement, available: rest, at: .zero)
            default: effects = bench.replication.tick(at: .seconds(5))
            }
            #expect(effects.contains(.copy(Self.id(1), to: bench.ranking[2])), "way \(way)")
        }
    }

    @Test func `where nobody else is there, one copy is accepted after a while, and no more is said`() throws
    {
        var bench = try Bench(nodes: 1)
        let begun = bench.receive(1)
        #expect(begun == [.append(Self.id(1))])
        let safe = bench.replication.appended(Self.id(1), isSafe: true, at: .seconds(1))
        #expect(safe.isEmpty && bench.replication.deadline == .seconds(2))
        let early = bench.replication.tick(at: .seconds(1.9))
        let due = bench.replication.tick(at: .seconds(2))
        #expect(early.isEmpty && due == [.accept(Self.id(1), Self.sender), .release(Self.id(1))])
        #expect(bench.replication.deadline == nil)
    }

    @Test func `what no disk takes is refused, never accepted`() throws {
        var bench = try Bench(nodes: 2)
        _ = bench.receive(1)
        let half = bench.replication.appended(Self.id(1), isSafe: false, at: .zero)
        #expect(half.isEmpty)
        let patient = bench.replication.tick(at: .seconds(3))
        #expect(patient.isEmpty)
        let none = bench.replication.refused(Self.id(1), by: bench.ranking[1], at: .seconds(3))
        #expect(none == [.refuse(Self.id(1), Self.sender, .disk), .release(Self.id(1))])
    }

    @Test func `a duplicate joins what is under way, and later earns its confirmation again`() throws {
        var bench = try Bench()
        _ = bench.receive(1)
        let joined = bench.receive(1, from: 8)
        #expect(joined.isEmpty)
        _ = bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
        let done = bench.replication.acknowledged(Self.id(1), by: bench.ranking[1], at: .zero)
        #expect(done.contains(.confirm(Self.id(1), Self.sender)))
        #expect(done.contains(.confirm(Self.id(1), Replication.Sender(8))))
        // The answer was lost on its way: nobody is told anything before two nodes said again that they hold it.
        let again = bench.receive(1)
        #expect(again == [.append(Self.id(1)), .copy(Self.id(1), to: bench.ranking[1])])
        let one = bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
        #expect(one.isEmpty)
    }

    @Test func `frames, bytes and waiters have limits`() throws {
        var limits = Replication.Limits()
        limits.pendingMax = 3
        limits.pendingBytesMax = 250
        limits.waitersMax = 2
        var bench = try Bench(limits: limits)
        _ = bench.receive(1)
        _ = bench.receive(2)
        let bytes = bench.receive(3)
        #expect(bytes == [.refuse(Self.id(3), Self.sender, .busy)])
        _ = bench.receive(1, from: 8)
        let waiters = bench.receive(1, from: 9)
        #expect(waiters == [.refuse(Self.id(1), Replication.Sender(9), .busy)])
        #expect(bench.replication.pendingCount == 2)
    }

    @Test func `a sender that is gone hears nothing, and its frame goes its way`() throws {
        var bench = try Bench()
        _ = bench.receive(1)
        bench.replication.forget(Self.sender)
        _ = bench.replication.appended(Self.id(1), isSafe: true, at: .zero)
        let done = bench.replication.acknowledged(Self.id(1), by: bench.ranking[1], at: .zero)
        #expect(done == [.release(Self.id(1))])
    }

    @Test func `answers about nothing change nothing`() throws {
        var bench = try Bench()
        let effects =
            bench.replication.appended(Self.id(9), isSafe: true, at: .zero)
            + bench.replication.acknowledged(Self.id(9), by: bench.ranking[1], at: .zero)
            + bench.replication.refused(Self.id(9), by: bench.ranking[1], at: .zero)
            + bench.replication.tick(at: .seconds(99))
        #expect(effects.isEmpty && bench.replication.deadline == nil)
    }

    @Test func `whatever happens, nobody is told more than once, and confirmation means enough holders`()
        throws
    {
        for seed in UInt64(1)...300 {
            var random = SplitMix64(seed: seed)
            var bench = try Bench(nodes: 1 + random.below(5), copies: 2 + random.below(2), confirmations: 2)
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
                        #expect(holders[id.sequence]?.isEmpty == false, "seed \(seed)")
                        #expect(waiting.remove(sender.number) != nil && told.insert(sender.number).inserted)
                    case .refuse(_, let sender, _):
                        #expect(waiting.remove(sender.number) != nil && told.insert(sender.number).inserted)
                    case .append, .copy, .release: break
                    }
                }
            }
            var number: UInt64 = 0
            for _ in 0..<60 {
                now += .milliseconds(random.below(700))
                let sequence = UInt64(1 + random.below(5))
                let node = bench.ranking[random.below(bench.ranking.count)]
                switch random.below(7) {
                case 0, 1:
                    number += 1
                    waiting.insert(number)
                    check(bench.receive(sequence, from: number, at: now))
                case 2:
                    if bench.replication.pending[Self.id(sequence)]?.isAppending == true {
                        let isSafe = random.chance(perMille: 800)
                        if isSafe { holders[sequence, default: []].insert(bench.ranking[0]) }
                        check(bench.replication.appended(Self.id(sequence), isSafe: isSafe, at: now))
                    }
                case 3, 4:
                    guard node != bench.ranking[0] else { continue }
                    holders[sequence, default: []].insert(node)
                    check(bench.replication.acknowledged(Self.id(sequence), by: node, at: now))
                case 5: check(bench.replication.refused(Self.id(sequence), by: node, at: now))
                default: check(bench.replication.tick(at: now))
                }
            }
        }
    }
}
