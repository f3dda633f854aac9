import Testing

@testable import Cluster

/// Epochs and incarnations at their ends, and other processes under this member's name.
@Suite struct MembershipEpochTests {
    private static func hear(
        _ record: MemberRecord,
        _ membership: inout Membership,
        at now: Duration = .zero
    ) -> [Membership.Effect] {
        membership.receive(.gossip([Rumor(record)]), from: .named("peer"), at: now)
    }

    @Test(arguments: [.max, .max - 1, 1 << 63, (1 << 32) + 2] as [UInt64])
    func `an epoch that nobody can have reached is not outbid`(_ epoch: UInt64) {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        let forged = MemberRecord.named("me", epoch: epoch)
        let effects = Self.hear(forged, &membership)
        #expect(effects == [.clash(forged)] && membership.local.epoch == 1)
        // Not even one that goes by this process's run.
        var own = membership.local
        own.epoch = epoch
        let again = Self.hear(own, &membership)
        #expect(again == [.clash(own)] && membership.local.epoch == 1)
    }

    @Test func `nor is it believed of others`() {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        _ = Self.hear(.named("peer", epoch: 5), &membership)
        for epoch in [.max, .max - 1, (1 << 32) + 6] as [UInt64] {
            let effects = Self.hear(.named("peer", epoch: epoch, status: .dead), &membership)
            #expect(effects.isEmpty && membership.record(of: .named("peer"))?.epoch == 5)
        }
        _ = Self.hear(.named("stranger", epoch: .max - 1), &membership)
        #expect(membership.record(of: .named("stranger")) == nil)
        _ = Self.hear(.named("peer", epoch: (1 << 32) + 5), &membership)
        #expect(membership.record(of: .named("peer"))?.epoch == (1 << 32) + 5)
    }

    @Test func `a higher epoch of the own run is taken, not contradicted in vain`() {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        var raised = membership.local
        raised.epoch = 9
        raised.status = .dead
        let effects = Self.hear(raised, &membership)
        #expect(membership.local.epoch == 9 && membership.local.supersedes(raised))
        #expect(effects.contains(.renewed(membership.local)))
    }

    @Test func `where no higher incarnation is left, the epoch rises`() {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        let raised = MemberRecord.named("me", incarnation: .max, status: .suspect)
        let effects = Self.hear(raised, &membership)
        #expect(membership.local.epoch == 2 && membership.local.incarnation == 0)
        #expect(effects.contains(.renewed(membership.local)) && !effects.contains(.clash(raised)))
        var last = Membership(.named("me", incarnation: .max), seed: 1, at: .zero)
        let before = last.local
        let leaving = last.leave(at: .zero)
        #expect(leaving == [.renewed(last.local)])
        #expect(last.local.supersedes(before) && last.local.epoch == 2 && last.local.status == .leaving)
    }

    @Test func `processes of a name that are met once in a while are no clash`() {
        var membership = Membership(.named("me"), seed: 1, at: .zero)
        for minute in 1...100 {
            let earlier = MemberRecord.named("me", epoch: membership.local.epoch + 1)
            let effects = Self.hear(earlier, &membership, at: .seconds(60 * minute))
            #expect(!effects.contains(.clash(earlier)))
        }
        #expect(membership.local.epoch == 201)
    }
}
