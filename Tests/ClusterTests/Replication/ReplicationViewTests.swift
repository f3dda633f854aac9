import Telemetry
import Testing

@testable import Cluster

/// What the write path makes of the picture of the members, and of senders that come and go.
@Suite struct ReplicationViewTests {
    private typealias Bench = ReplicationBench

    @Test func `a node that is no owner takes a frame all the same, and its copy counts`() throws {
        var bench = try Bench(nodes: 4, place: 3)
        let begun = bench.receive(1)
        let copies = (0..<2).map { Replication.Effect.copy(Bench.id(1), to: bench.ranking[$0]) }
        #expect(begun == [.append(Bench.id(1))] + copies)
        _ = bench.replication.appended(Bench.id(1), isSafe: true, at: .zero)
        let done = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[0], at: .zero)
        #expect(
            done == [.confirm(Bench.id(1), Bench.sender)],
            "the second owner's answer is still waited for"
        )
        let last = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .zero)
        #expect(last == [.release(Bench.id(1))])
    }

    @Test func `a holder that died does not count until it is back`() throws {
        var bench = try Bench(nodes: 3)
        _ = bench.receive(1)
        _ = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .zero)
        let moved = bench.see([0, 2])
        #expect(moved == [.copy(Bench.id(1), to: bench.ranking[2])])
        let safe = bench.replication.appended(Bench.id(1), isSafe: true, at: .zero)
        #expect(safe.isEmpty)
        let back = bench.see([0, 1, 2])
        #expect(back == [.confirm(Bench.id(1), Bench.sender)])
    }

    @Test func `a node that leaves confirms by the copies of others alone`() throws {
        var bench = try Bench(nodes: 4)
        _ = bench.see([1, 2, 3])
        _ = bench.receive(1)
        _ = bench.replication.appended(Bench.id(1), isSafe: true, at: .zero)
        let one = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .zero)
        #expect(one.isEmpty)
        let two = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[2], at: .zero)
        #expect(two == [.confirm(Bench.id(1), Bench.sender), .release(Bench.id(1))])
    }

    @Test func `a frame whose only hope is gone is refused`() throws {
        var bench = try Bench(nodes: 2)
        _ = bench.receive(1)
        _ = bench.replication.appended(Bench.id(1), isSafe: false, at: .zero)
        let gone = bench.see([0])
        // Who was refused by its own disk may be asked again once it is available, but never asks itself.
        #expect(gone == [.refuse(Bench.id(1), Bench.sender, .disk), .release(Bench.id(1))])
        #expect(bench.replication.deadline == nil)
    }

    @Test func `a sender that asks twice is answered once, even where no more may wait`() throws {
        var limits = Replication.Limits()
        limits.waitersMax = 1
        var bench = try Bench(limits: limits)
        _ = bench.receive(1)
        let again = bench.receive(1)
        #expect(again.isEmpty)
        _ = bench.replication.appended(Bench.id(1), isSafe: true, at: .zero)
        let done = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .zero)
        #expect(done == [.confirm(Bench.id(1), Bench.sender), .release(Bench.id(1))])
    }

    @Test func `who joins late has patience of its own`() throws {
        var bench = try Bench(nodes: 2)
        _ = bench.receive(1)
        _ = bench.replication.appended(Bench.id(1), isSafe: true, at: .zero)
        _ = bench.receive(1, from: 8, at: .seconds(1.5))
        let first = bench.replication.tick(at: .seconds(2))
        #expect(first == [.accept(Bench.id(1), Bench.sender)])
        let second = bench.replication.tick(at: .seconds(3.5))
        #expect(second == [.accept(Bench.id(1), Replication.Sender(8))])
    }

    @Test func `whose patience ended before any copy was safe is told with the first one`() throws {
        var bench = try Bench()
        _ = bench.receive(1)
        let none = bench.replication.tick(at: .seconds(2))
        #expect(none.isEmpty && bench.replication.deadline == .seconds(5))
        let one = bench.replication.appended(Bench.id(1), isSafe: true, at: .seconds(3))
        #expect(one == [.accept(Bench.id(1), Bench.sender)])
    }

    @Test func `a connection that ends lets go of thousands of frames, and of nobody else's`() throws {
        var bench = try Bench(nodes: 1)
        for sequence in UInt64(1)...3000 {
            _ = bench.receive(sequence, from: sequence % 10 == 0 ? 8 : 7)
            _ = bench.replication.appended(Bench.id(sequence), isSafe: true, at: .zero)
        }
        let ended = bench.replication.forget(Bench.sender, at: .seconds(1))
        let released = (UInt64(1)...3000).filter { $0 % 10 != 0 }.map {
            Replication.Effect.release(Bench.id($0))
        }
        #expect(ended == released, "what is safe here is owed, nobody waits for it")
        #expect(bench.replication.pendingCount == 300 && bench.replication.underReplicatedCount == 2700)
        let rest = bench.replication.tick(at: .seconds(2))
        #expect(rest.count == 600 && bench.replication.inconsistency == nil)
        let unknown = bench.replication.forget(Replication.Sender(99), at: .seconds(2))
        #expect(unknown.isEmpty)
    }

    @Test func `where the own log is slow another node takes its place, and the log may still come first`()
        throws
    {
        var bench = try Bench()
        _ = bench.receive(1)
        _ = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[1], at: .seconds(1))
        _ = bench.replication.tick(at: .seconds(2))
        let early = bench.replication.tick(at: .seconds(4.9))
        #expect(early.isEmpty && bench.replication.deadline == .seconds(5))
        let slow = bench.replication.tick(at: .seconds(5))
        #expect(
            slow == [.copy(Bench.id(1), to: bench.ranking[2]), .refuse(Bench.id(1), Bench.sender, .disk)]
        )
        _ = bench.receive(1, from: 8, at: .seconds(6))
        let late = bench.replication.appended(Bench.id(1), isSafe: true, at: .seconds(6))
        #expect(late == [.confirm(Bench.id(1), Replication.Sender(8))])
        #expect(bench.replication.inconsistency == nil)
    }

    @Test func `answers in the name of the node itself change nothing`() throws {
        var bench = try Bench()
        _ = bench.receive(1)
        let forged = bench.replication.acknowledged(Bench.id(1), by: bench.ranking[0], at: .zero)
        #expect(forged.isEmpty && bench.replication.pending[Bench.id(1)]?.holders.isEmpty == true)
    }

    @Test func `bounds of zero are a mistake of the program`() async {
        await #expect(processExitsWith: .failure) {
            var limits = Replication.Limits()
            limits.debtMax = 0
            _ = try ReplicationBench(limits: limits)
        }
    }
}
