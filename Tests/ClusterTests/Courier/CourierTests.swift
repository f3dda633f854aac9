import Telemetry
import Testing

@testable import Cluster

/// What a courier does with each input.
@Suite struct CourierTests {
    private static let (one, two, three) = (NodeID.named("n1"), NodeID.named("n2"), NodeID.named("n3"))
    private static let all: [MemberRecord] = [.named("n1"), .named("n2"), .named("n3")]

    private static func bench(
        _ records: [MemberRecord] = Self.all,
        limits: Courier.Limits = .init()
    ) -> CourierBench {
        var bench = CourierBench(limits: limits)
        bench.view(records)
        return bench
    }

    /// The nodes of a partition, best first.
    private static func order(_ partition: Int, _ records: [MemberRecord] = Self.all) -> [NodeID] {
        Placement.ranking(of: partition, among: records)
    }

    @Test func `a frame goes to the first owner of its partition, over a connection that is opened for it`() {
        for partition in 0..<32 {
            var bench = Self.bench()
            bench.add(1, partition: partition)
            let owner = Self.order(partition)[0]
            #expect(Array(bench.connections.keys) == [owner])
            bench.open(owner)
            #expect(bench.connections[owner]?.unanswered.count == 1)
            bench.answer(owner, .confirmed)
            #expect(bench.courier.heldCount == 0 && bench.released.count == 1)
        }
    }

    @Test func `nothing is sent before a view is known, and everything afterwards`() {
        var bench = CourierBench()
        bench.add(5)
        #expect(bench.connections.isEmpty && bench.courier.needsSeeds && bench.courier.deadline == nil)
        bench.view(Self.all)
        #expect(bench.connections.count == 1)
        bench.open(Self.order(0)[0])
        #expect(bench.connections[Self.order(0)[0]]?.unanswered.count == 5 && !bench.courier.needsSeeds)
    }

    @Test func `a frame that is known is not taken twice`() {
        var bench = Self.bench()
        let parcel = Courier.Parcel(
            id: FrameID(run: RunID(high: 7, low: 1), sequence: 1),
            partition: 0,
            bytes: 9
        )
        bench.add([parcel, parcel])
        bench.add([parcel])
        #expect(bench.courier.heldCount == 1 && bench.courier.heldBytes == 9)
    }

    @Test func `no more is out than the window allows, though a larger frame goes alone`() {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.add(7, bytes: 300)
        bench.add(1, bytes: 5000)
        bench.open(owner, window: 1000)
        #expect(bench.connections[owner]?.unanswered.count == 3)
        for _ in 0..<6 { bench.answer(owner, .confirmed) }
        #expect(bench.connections[owner]?.unanswered.count == 1)
        bench.answer(owner, .confirmed)
        #expect(bench.connections[owner]?.unanswered.map(\.bytes) == [5000])
        bench.answer(owner, .confirmed)
        #expect(bench.courier.heldCount == 0)
    }

    @Test func `a window of nothing stops the frames until it opens`() {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.open(owner, window: 0)
        bench.add(2)
        #expect(bench.connections[owner]?.unanswered.isEmpty == true)
        bench.window(owner, 150)
        #expect(bench.connections[owner]?.unanswered.count == 1)
        bench.window(owner, 200)
        #expect(bench.connections[owner]?.unanswered.count == 2)
    }

    @Test(arguments: Outcome.Verdict.allCases)
    func `what settles a frame lets it go, and nothing else`(_ verdict: Outcome.Verdict) {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.add(1)
        bench.open(owner)
        bench.answer(owner, verdict)
        let isSettled = verdict != .accepted && verdict != .refused
        #expect(bench.courier.heldCount == (isSettled ? 0 : 1))
        #expect(bench.courier.deadline == (isSettled ? nil : .seconds(1)))
        bench.tick(after: .seconds(1))
        #expect(bench.connections[owner]?.unanswered.count == (isSettled ? 0 : 1))
        #expect(bench.courier.resentCount == (isSettled ? 0 : 1))
    }

    @Test func `a lost connection sends its frames elsewhere, unchanged and in their order`() {
        var bench = Self.bench()
        let order = Self.order(0)
        bench.open(order[0], window: 200)
        bench.add(4)
        bench.lose(order[0])
        bench.open(order[1])
        #expect(bench.connections[order[1]]?.unanswered.map(\.id.sequence) == [1, 2, 3, 4])
        #expect(bench.courier.resentCount == 2)
    }

    @Test func `a node that cannot be reached is tried again, later each time, and never in between`() {
        var bench = Self.bench([.named("n1")])
        bench.add(1)
        for wait in [250, 500, 1000, 2000, 4000, 8000, 8000] {
            #expect(bench.connections.count == 1)
            bench.lose(Self.one)
            #expect(bench.courier.deadline == bench.now + .milliseconds(wait))
            bench.tick(after: .milliseconds(wait - 1))
            #expect(bench.connections.isEmpty)
            bench.tick(after: .milliseconds(1))
        }
    }

    @Test func `a courier without frames does not wake for a node that failed`() {
        var bench = Self.bench([.named("n1")])
        bench.open(Self.one)
        bench.lose(Self.one)
        bench.tick(after: .milliseconds(250))
        #expect(bench.courier.deadline == nil && bench.connections.isEmpty)
        bench.add(1)
        #expect(bench.connections.count == 1)
    }

    @Test func `a node that does not answer is given up`() {
        var bench = Self.bench()
        let order = Self.order(0)
        bench.open(order[0])
        bench.add(1)
        #expect(bench.courier.deadline == .seconds(10))
        bench.tick(after: .seconds(10))
        #expect(Array(bench.connections.keys) == [order[1]])
    }

    @Test func `a frame that is sent again has its time anew`() {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.open(owner)
        bench.add(2)
        // The second one is answered first, and sent again before the first is answered.
        bench.answer(owner, .accepted, at: 1)
        bench.tick(after: .seconds(5))
        bench.answer(owner, .confirmed)
        bench.tick(after: .seconds(6))
        #expect(bench.connections[owner]?.unanswered.count == 1)
        bench.tick(after: .seconds(4))
        #expect(bench.connections[owner] == nil)
    }

    @Test func `frames that wait go elsewhere when the view says so`() {
        var bench = Self.bench()
        let order = Self.order(0)
        bench.add(3)
        bench.view(Self.all.map { .named($0.node.text, status: $0.node == order[0] ? .suspect : .alive) })
        bench.open(order[1])
        #expect(bench.connections[order[1]]?.unanswered.count == 3)
    }

    @Test func `connections to those who are gone are closed, and their frames go on`() {
        var bench = Self.bench()
        let order = Self.order(0)
        bench.open(order[0])
        bench.add(3)
        bench.view(Self.all.map { .named($0.node.text, status: $0.node == order[0] ? .left : .alive) })
        #expect(bench.connections[order[0]] == nil && bench.connections[order[1]] != nil)
    }

    @Test func `a node that is cut off from the others keeps nothing for itself`() {
        var bench = Self.bench()
        let order = Self.order(0)
        bench.open(order[0])
        bench.open(order[1])
        bench.add(1)
        // It is alone, takes the others for dead, and accepts for ever.
        bench.view(Self.all.map { .named($0.node.text, status: $0.node == order[0] ? .alive : .dead) })
        for _ in 0..<2 {
            bench.answer(order[0], .accepted)
            bench.tick(after: .seconds(1))
        }
        #expect(bench.connections[order[1]]?.unanswered.count == 1)
    }

    @Test func `where all leave, those who leave take frames`() {
        var bench = Self.bench(Self.all.map { .named($0.node.text, status: .leaving) })
        bench.add(1)
        #expect(bench.connections.count == 1)
    }

    @Test func `a frame that is kept no more is forgotten, and makes room once it is answered`() {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.open(owner, window: 100)
        bench.add(3)
        bench.forget(FrameID(run: RunID(high: 7, low: 1), sequence: 1))
        bench.forget(FrameID(run: RunID(high: 7, low: 1), sequence: 2))
        #expect(bench.connections[owner]?.unanswered.map(\.id.sequence) == [1])
        bench.answer(owner, .accepted)
        #expect(bench.connections[owner]?.unanswered.map(\.id.sequence) == [3] && bench.released.isEmpty)
    }

    @Test func `a frame that is forgotten while it waits, and comes again, is sent once`() {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.open(owner, window: 100)
        let id = FrameID(run: RunID(high: 9, low: 9), sequence: 1)
        // One is out, and one waits before it.
        bench.add(2, bytes: 100)
        bench.add([.init(id: id, partition: 0, bytes: 40)])
        bench.forget(id)
        bench.add([.init(id: id, partition: 0, bytes: 40)])
        for _ in 0..<2 { bench.answer(owner, .confirmed) }
        #expect(bench.connections[owner]?.unanswered.map(\.id) == [id])
    }

    @Test func `what waits behind a frame that is forgotten goes on`() {
        var bench = Self.bench()
        let owner = Self.order(0)[0]
        bench.open(owner, window: 100)
        bench.add(1)
        bench.add(1, bytes: 90)
        bench.add(1, bytes: 10)
        bench.answer(owner, .confirmed)
        #expect(bench.connections[owner]?.unanswered.count == 2)
    }

    @Test func `there are no more connections than allowed, and the rest goes over these`() {
        var limits = Courier.Limits()
        limits.connectionsMax = 3
        let records = (0..<9).map { MemberRecord.named("n\($0)") }
        var bench = Self.bench(records, limits: limits)
        for partition in 0..<100 { bench.add(1, partition: partition) }
        #expect(bench.connections.count == 3)
        for node in bench.connections.keys.sorted() { bench.open(node, window: 1 << 20) }
        #expect(bench.connections.values.reduce(0) { $0 + $1.unanswered.count } == 100)
    }

    @Test func `a seed that answers while others are being called takes the place of one of them`() {
        var limits = Courier.Limits()
        limits.connectionsMax = 2
        let records = (0..<4).map { MemberRecord.named("n\($0)") }
        var bench = Self.bench(records, limits: limits)
        for partition in 0..<50 { bench.add(1, partition: partition) }
        let seed = records.map(\.node).first { bench.connections[$0] == nil }
        guard let seed else { return }
        // The bench counts: it stands beside the others only until the courier closes one of these.
        bench.connections[bench.connections.keys.sorted()[0]] = nil
        let used = bench.courier.links.filter(\.value.isUsed).keys.sorted()
        let effects = bench.courier.connected(to: seed, window: 100, at: .zero)
        #expect(effects.contains(.disconnect(used[0])))
        #expect(bench.courier.links.values.count(where: \.isUsed) == 2)
        // Where all others stand, the seed is not needed.
        _ = bench.courier.connected(to: used[1], window: 100, at: .zero)
        let third = records.map(\.node).first { $0 != seed && $0 != used[1] }
        if let third {
            let refused = bench.courier.connected(to: third, window: 100, at: .zero)
            #expect(refused == [.disconnect(third)])
        }
    }

    @Test func `a connection to somebody who takes nothing makes room for another`() {
        var limits = Courier.Limits()
        limits.connectionsMax = 1
        var bench = Self.bench([.named("n1")], limits: limits)
        bench.open(Self.one)
        bench.add(2)
        bench.view([.named("n1", status: .leaving), .named("n2"), .named("n3")])
        bench.add(1)
        #expect(bench.connections.keys.first.map { $0 != Self.one } == true)
        if let node = bench.connections.keys.first { bench.open(node) }
        #expect(bench.connections.values.first?.unanswered.count == 3)
    }

    @Test func `floors rise with what is settled, in whatever order`() {
        var bench = Self.bench()
        let (owner, run) = (Self.order(0)[0], RunID(high: 7, low: 1))
        bench.open(owner)
        bench.add(5, gap: 10)
        #expect(bench.courier.floor(of: run) == 10)
        bench.answer(owner, .confirmed, at: 1)
        #expect(bench.courier.floor(of: run) == 10)
        bench.answer(owner, .confirmed)
        #expect(bench.courier.floor(of: run) == 30)
        for _ in 0..<3 { bench.answer(owner, .confirmed) }
        #expect(bench.courier.floor(of: run) == 51)
        bench.add(2, gap: 20)
        bench.answer(owner, .confirmed)
        #expect(bench.courier.floor(of: run) == 90)
        #expect(bench.courier.floor(of: RunID(high: 0, low: 0)) == 0)
    }
}
