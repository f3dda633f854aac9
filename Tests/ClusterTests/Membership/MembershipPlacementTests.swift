import Testing

@testable import Cluster

/// One record of placement parameters, whoever changes it.
@Suite struct MembershipPlacementTests {
    private static func machine(_ placement: PlacementParameters = .standard) -> Membership {
        var membership = Membership(.named("me"), placement: placement, seed: 1, at: .zero)
        for name in ["peer-0", "peer-1", "peer-2"] {
            _ = membership.receive(.gossip([Rumor(.named(name))]), from: .named("peer-0"), at: .zero)
        }
        return membership
    }

    private static func parameters(_ version: UInt64, _ replication: Int) throws -> PlacementParameters {
        try #require(PlacementParameters(version: version, replication: replication, confirmations: 1))
    }

    private static func told(_ effects: [Membership.Effect]) -> [NodeID: PlacementParameters] {
        var told: [NodeID: PlacementParameters] = [:]
        for case .send(.placement(let parameters), let node) in effects { told[node] = parameters }
        return told
    }

    @Test func `newer parameters hold, are kept, and are told to everybody who is present`() throws {
        var membership = Self.machine()
        let newer = try Self.parameters(2, 3)
        let effects = membership.receive(.placement(newer), from: .named("peer-0"), at: .seconds(1))
        #expect(membership.placement == newer)
        #expect(effects.first == .placement(newer), "they are on disk before anybody hears of them")
        #expect(Self.told(effects).keys.map(\.text).sorted() == ["peer-0", "peer-1", "peer-2"])
        let again = membership.receive(.placement(newer), from: .named("peer-1"), at: .seconds(2))
        #expect(again.isEmpty, "what is known is not told again")
    }

    @Test func `whoever has older ones is told the newer ones`() throws {
        let newer = try Self.parameters(7, 3)
        var membership = Self.machine(newer)
        let older = try Self.parameters(6, 5)
        let effects = membership.receive(.placement(older), from: .named("peer-2"), at: .seconds(1))
        #expect(membership.placement == newer)
        #expect(effects == [.send(.placement(newer), to: .named("peer-2"))])
    }

    @Test func `a connection, and each comparison of everything, carries them`() throws {
        let newer = try Self.parameters(7, 3)
        var membership = Self.machine(newer)
        let met = membership.connected(to: .named("peer-0"), at: .seconds(1))
        #expect(Self.told(met) == [.named("peer-0"): newer])
        var (compared, told) = (0, 0)
        while membership.deadline < .seconds(11) {
            let effects = membership.tick(at: membership.deadline)
            told += Self.told(effects).count
            for case .send(.sync, _) in effects { compared += 1 }
        }
        #expect(compared >= 1 && told == compared)
    }

    @Test func `of two changes at once the same one holds, whichever comes first`() throws {
        for version in UInt64(1)...3 {
            for (left, right) in [(1, 2), (3, 2), (4, 5)] {
                let (one, two) = (try Self.parameters(version, left), try Self.parameters(version, right))
                var first = Self.machine(one)
                var second = Self.machine(two)
                _ = first.place(by: two)
                _ = second.place(by: one)
                #expect(first.placement == second.placement, "version \(version): \(left) and \(right)")
            }
        }
    }

    @Test func `a change keeps what nobody asked to change, as far as it makes sense`() throws {
        let standard = PlacementParameters.standard
        let three = try #require(standard.changed(replication: 3))
        #expect((three.version, three.replication, three.confirmations) == (2, 3, 2))
        let one = try #require(three.changed(replication: 1))
        #expect((one.version, one.replication, one.confirmations) == (3, 1, 1))
        #expect(one.changed(replication: 2)?.confirmations == 2)
        let all = try #require(three.changed(confirmations: 3))
        #expect((all.replication, all.confirmations) == (3, 3))
        #expect(
            all.changed(replication: 2)?.confirmations == 2 && all.changed(replication: 5)?.confirmations == 3
        )
        #expect(standard.changed(replication: 6) == nil && standard.changed(replication: 0) == nil)
        #expect(standard.changed(confirmations: 3) == nil && standard.changed(confirmations: 0) == nil)
        let last = PlacementParameters(version: .max, replication: 2, confirmations: 2)
        #expect(last?.changed(replication: 3) == nil)
    }
}
