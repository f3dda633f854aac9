internal import Cluster
internal import Telemetry

/// What goes over data streams, frames by name only.
enum PeerMessage: Equatable, Sendable {
    /// From an agent: take this.
    case frame(FrameID, partition: Int)
    /// From an agent: it ends its connection, and hears no more of what it sent over it.
    case goodbye
    /// To an agent: what became of it, and who is in the cluster.
    case answer(FrameID, Answer, view: [MemberRecord])
    /// From one node to another: hold a copy.
    case copy(FrameID)
    /// Whether the other holds it.
    case copyAnswer(FrameID, isHeld: Bool)

    enum Answer: Equatable, Sendable {
        case confirmed
        case accepted
        case refused
    }
}
