import Telemetry
import Testing

@testable import Cluster

/// Frames that one node holds alone, and what becomes of them when others are back.
@Suite struct ReplicationDebtTests {
    private typealias Bench = ReplicationBench

    @Test func `a frame accepted at one copy is owed, and copied when another node is there`() throws {
        var bench = try Bench(nodes: 3)
        _ = bench.see([0])
        let accepted = bench.accept(1)
        #expect(accepted == [.accept(Bench.id(1), Bench.sender), .release(Bench.id(1))])
        #expect(bench.replication.underReplicatedCount == 1 && bench.replication.underReplicatedBytes == 100)
        #expect(bench.replication.underReplicatedPartitions == [0] && !bench.replication.isDrained)
        #expect(bench.replication.deadline == nil, "nobody is there to take it")
        let back = bench.see([0, 2], at: .seconds(9))
        #expect(back == [.copyFromLog(Bench.id(1), to: bench.ranking[2])])
        let paid = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[2], at: .seconds(9))
        #expect(paid.isEmpty && bench.replication.underReplicatedCount == 0 && bench.replication.isDrained)
        #expect(bench.replication.underReplicatedPartitions.isEmpty && bench.replication.deadline == nil)
    }

    @Test func `who refuses an owed frame or stays silent is asked again later, and the next one at once`()
        throws
    {
        var bench = try Bench(nodes: 3)
        _ = bench.see([0])
        _ = bench.accept(1)
        _ = bench.see([0, 1, 2], at: .seconds(10))
        let next = bench.replication.refused(Bench.id(1), by: bench.ranking[1], at: .seconds(10))
        #expect(next == [.copyFromLog(Bench.id(1), to: bench.ranking[2])])
        let silent = bench.replication.tick(at: .seconds(15))
        #expect(silent.isEmpty && bench.replication.deadline == .seconds(20))
        let again = bench.replication.tick(at: .seconds(20))
        #expect(again == [.copyFromLog(Bench.id(1), to: bench.ranking[1])])
        #expect(bench.replication.inconsistency == nil)
    }

    @Test func `while too much is owed nothing new is taken, but what is owed may come again`() throws {
        var limits = Replication.Limits()
        limits.debtMax = 2
        var bench = try Bench(nodes: 2, limits: limits)
        _ = bench.see([0])
        for sequence in UInt64(1)...2 { _ = bench.accept(sequence) }
        let new = bench.receive(3, at: .seconds(3))
        #expect(new == [.refuse(Bench.id(3), Bench.sender, .busy)])
        let known = bench.receive(1, at: .seconds(3))
        #expect(known == [.append(Bench.id(1))] && bench.replication.underReplicatedCount == 1)
        _ = bench.see([0, 1], at: .seconds(4))
        _ = bench.replication.acknowledged(Bench.id(2), by: bench.ranking[1], at: .seconds(4))
        let room = bench.receive(3, at: .seconds(4))
        #expect(room.first == .append(Bench.id(3)))
        #expect(bench.replication.inconsistency == nil)
    }

    @Test func `a debt whose frame vanished is forgotten, and makes room for what is new and what is left`()
        throws
    {
        var limits = Replication.Limits()
        (limits.debtMax, limits.debtCopiesMax) = (2, 1)
        var bench = try Bench(nodes: 2, limits: limits)
        _ = bench.see([0])
        for sequence in UInt64(1)...2 { _ = bench.accept(sequence) }
        let back = bench.see([0, 1], at: .seconds(9))
        #expect(back == [.copyFromLog(Bench.id(1), to: bench.ranking[1])])
        let next = bench.replication.vanished(Bench.id(1), at: .seconds(9))
        #expect(next == [.copyFromLog(Bench.id(2), to: bench.ranking[1])])
        #expect(bench.replication.unsettledNames == [Bench.id(2)])
        let new = bench.receive(3, at: .seconds(9))
        #expect(new.first == .append(Bench.id(3)) && bench.replication.unsettledNames.count == 2)
        for id in [Bench.id(1), Bench.id(3)] {
            let nothing = bench.replication.vanished(id, at: .seconds(9))
            #expect(nothing.isEmpty, "neither is owed")
        }
        _ = bench.replication.vanished(Bench.id(2), at: .seconds(9))
        #expect(bench.replication.underReplicatedCount == 0 && bench.replication.inconsistency == nil)
    }

    @Test func `a duplicate of an owed frame earns its confirmation with the copy that is out`() throws {
        var bench = try Bench(nodes: 2)
        _ = bench.see([0])
        _ = bench.accept(1)
        _ = bench.see([0, 1], at: .seconds(9))
        let again = bench.receive(1, at: .seconds(9))
        #expect(again == [.append(Bench.id(1))], "the copy is on its way")
        let one = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .seconds(9))
        #expect(one.isEmpty)
        let both = bench.replication.appended(Bench.id(1), isSafe: true, at: .seconds(9))
        #expect(both == [.confirm(Bench.id(1), Bench.sender), .release(Bench.id(1))])
        #expect(bench.replication.isDrained)
    }

    @Test func `only so many owed frames are on their way at once`() throws {
        var limits = Replication.Limits()
        limits.debtCopiesMax = 3
        var bench = try Bench(nodes: 2, limits: limits)
        _ = bench.see([0])
        for sequence in UInt64(1)...10 { _ = bench.accept(sequence) }
        let first = bench.see([0, 1], at: .seconds(9))
        let ids = (UInt64(1)...3).map { Replication.Effect.copyFromLog(Bench.id($0), to: bench.ranking[1]) }
        #expect(first == ids)
        for sequence in UInt64(1)...10 {
            let more = bench.replication.acknowledged(
                Bench.id(sequence),
                by: bench.ranking[1],
                at: .seconds(9)
            )
            #expect(more.count == (sequence <= 7 ? 1 : 0))
        }
        #expect(bench.replication.isDrained)
    }

    @Test func `what the own log refused is not owed from here, nor accepted`() throws {
        var bench = try Bench(nodes: 2)
        _ = bench.receive(1)
        _ = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .zero)
        _ = bench.replication.appended(Bench.id(1), isSafe: false, at: .zero)
        let due = bench.replication.tick(at: .seconds(2))
        #expect(due == [.refuse(Bench.id(1), Bench.sender, .disk), .release(Bench.id(1))])
        #expect(bench.replication.isDrained)
    }

    @Test func `frames that come and go under one name leave no trace in the ledger`() throws {
        var bench = try Bench(nodes: 2)
        _ = bench.see([0])
        for round in 0..<2000 { _ = bench.accept(UInt64(round % 3), at: .seconds(3 * round)) }
        #expect(bench.replication.underReplicatedCount == 3 && bench.replication.debt.placeCount < 100)
        #expect(bench.replication.inconsistency == nil)
    }
}
