import Cluster
import Telemetry
import Testing

@testable import WebServer

@Suite struct TracePlacementTests {
    private let trace = TraceID(high: 1, low: 2)

    @Test func `owners come first, in the order of the ranking`() {
        let view = FakeCluster([.alive, .alive, .alive, .alive]).view
        let placement = TracePlacement(of: self.trace, view: view, chunks: [:])
        let ranking = Placement(view.records, view.parameters).ranking(of: placement.partition)
        #expect(placement.partition == Key(self.trace).partition)
        #expect(placement.places.map(\.node) == ranking)
        #expect(placement.places.map(\.isOwner) == [true, true, false, false])
        #expect(placement.places.compactMap(\.rank) == [0, 1, 2, 3])
        #expect(placement.missing == ["node-1", "node-2", "node-3", "node-4"])
    }

    @Test func `chunks where nobody owns them are foreign`() throws {
        let view = FakeCluster([.alive, .alive, .alive]).view
        let all = TracePlacement(of: self.trace, view: view, chunks: [:]).places.map(\.node)
        let counts = [all[0]: 2, all[1]: 0, all[2]: 1]
        let placement = TracePlacement(of: self.trace, view: view, chunks: counts)
        #expect(placement.places.map(\.isForeign) == [false, false, true])
        #expect(placement.places.map(\.chunks) == [2, 0, 1])
        #expect(placement.missing.isEmpty)
    }

    @Test func `a node that leaves has no rank and may hold chunks, and one that left is not named`() throws {
        let view = FakeCluster([.alive, .alive, .leaving, .left]).view
        let placement = TracePlacement(of: self.trace, view: view, chunks: [FakeCluster.name(3): 5])
        let leaving = try #require(placement.places.last)
        #expect(placement.places.count == 3)
        #expect(leaving.node == FakeCluster.name(3) && leaving.rank == nil && leaving.isForeign)
        #expect(placement.missing == ["node-1", "node-2"])
    }

    @Test func `a cluster without members places nothing`() {
        let placement = TracePlacement(of: self.trace, view: ClusterView([], .standard), chunks: [:])
        #expect(placement.places.isEmpty && placement.missing.isEmpty)
    }
}
