package import Cluster
package import Telemetry

/// Breaks rules of the cores on purpose, from outside; for tests that want to see a checker fail.
package struct Sabotage: Sendable {
    /// What a node hears in place of a message of membership; nil where it hears nothing.
    package var hearing: (@Sendable (MembershipMessage, _ from: Int, _ to: Int) -> MembershipMessage?)?
    /// Done to a membership before each input; its effects are those of the core's own timers.
    package var membership: (@Sendable (inout Membership, _ now: Duration) -> [Membership.Effect])?
    /// Done to a write path after each input, and to what it asks for.
    package var writes: (@Sendable (inout Replication, inout [Replication.Effect]) -> Void)?

    /// The same to repair.
    package var repair: (@Sendable (inout Repair, inout [Repair.Effect]) -> Void)?
    /// The same to totals.
    package var totals: (@Sendable (inout AggregateGossip, inout [AggregateGossip.Effect]) -> Void)?

    /// Whether a store gives away whatever it is told to, also where it holds something else.
    package var givesUnseen = false
    /// Whether a store removes what it gave away also where more of it came since.
    package var givesLateArrivals = false
    /// Whether a node that hands over takes others that do so for holders.
    package var handsOverToLeaving = false
    /// Whether a node that hands over says at once that it holds nothing any more.
    package var handsOverNothing = false
    /// Chunks of totals that no node adds up.
    package var overlooks: (@Sendable (ChunkID) -> Bool)?

    /// Nothing is broken.
    package init() {}
}
