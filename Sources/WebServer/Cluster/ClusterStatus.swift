package import Cluster
package import Telemetry

/// What the server asks a collector about its cluster.
package protocol ClusterStatus: Sendable {
    /// The cluster's id.
    var cluster: String { get }

    /// The node that answers.
    var node: NodeID { get }

    /// The members and parameters as this node sees them now.
    var view: ClusterView { get }

    /// Changes what the whole cluster places by; nil leaves a number as it is.
    ///
    /// - Returns: What holds now; nil where the numbers make no sense together.
    func place(replication: Int?, confirmations: Int?) async throws -> PlacementParameters?

    /// What the nodes that answer in time say of themselves, this one among them.
    func figures() async -> [NodeID: NodeFigures]

    /// Has a member do something, and hears how far it has come.
    func order(_ order: NodeOrder, of node: NodeID) async throws -> HandoverProgress

    /// Says goodbye for a member that is dead and will not come back.
    func forget(_ node: NodeID)

    /// Compares what all nodes hold.
    ///
    /// - Parameter isYoungIncluded: Whether minutes are compared of which something may still be under way.
    /// - Returns: Who holds what, and where owners differ.
    func verify(isYoungIncluded: Bool) async -> Verification

    /// How many chunks of a trace each node that answers in time holds.
    func chunks(of trace: TraceID) async -> [NodeID: Int]
}
