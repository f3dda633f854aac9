internal import Cluster
internal import Telemetry

/// What goes over data streams, frames by name only.
enum PeerMessage: Equatable, Sendable {
    /// From an agent, over one of its connections: take this.
    case frame(FrameID, partition: Int, stream: UInt64)
    /// From an agent: it ends a connection, and hears no more of what it sent over it.
    case goodbye(stream: UInt64)
    /// To an agent: what became of a frame.
    case answer(FrameID, Outcome.Verdict, stream: UInt64)
    /// To an agent: who is in the cluster.
    case view(ClusterView, stream: UInt64)
    /// From one node to another: hold a copy.
    case copy(FrameID)
    /// Whether the other holds it.
    case copyAnswer(FrameID, isHeld: Bool)
}
