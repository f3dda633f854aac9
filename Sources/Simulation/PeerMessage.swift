internal import Cluster
internal import Telemetry

/// What goes over data streams, frames by name only.
enum PeerMessage: Equatable, Sendable {
    /// From an agent, over one of its connections: take this.
    case frame(FrameID, partition: Int, stream: UInt64)
    /// From an agent: a connection ends, and it hears no more of what it sent over it.
    case goodbye(stream: UInt64)
    /// To an agent: what became of a frame.
    case answer(FrameID, Outcome.Verdict, stream: UInt64)
    /// To an agent: who is in the cluster.
    case view(ClusterView, stream: UInt64)
    /// From one node to another: take this first-hand, you are among its owners.
    case forward(FrameID, partition: Int, request: UInt64)
    /// What became of it.
    case forwardAnswer(FrameID, Outcome.Verdict, request: UInt64)
    /// From one node to another: hold a copy.
    case copy(FrameID)
    /// From one node to another: answer this.
    case ask(Asked, number: UInt64)
    /// The answer.
    case told(Told, number: UInt64)
    /// Whether the other holds it.
    case copyAnswer(FrameID, isHeld: Bool)
}

/// A frame that somebody waits for an answer about.
struct Question: Equatable, Sendable {
    /// Who asked.
    enum Asker: Equatable, Sendable {
        /// An agent, over a connection; zero where nobody hears the answer.
        case agent(Int, stream: UInt64)
        /// Another node, which sent it on.
        case node(Int, request: UInt64)
        /// A client of the node's own door.
        case door
        /// The spool of the node's own door.
        case spool
    }

    var frame: FrameID
    var asker: Asker
}

/// A frame that was sent on to a node that should take it.
struct Forward: Equatable, Sendable {
    var question: Question
    var partition: Int
}

/// A process that makes frames.
struct Run: Equatable, Sendable, CustomStringConvertible {
    enum Owner: Equatable, Sendable {
        case agent(Int)
        case door(Int)
    }

    let id: RunID
    let owner: Owner

    /// As `agent 2` or `door 1`.
    var description: String {
        switch self.owner {
        case .agent(let number): "agent \(number)"
        case .door(let number): "door \(number)"
        }
    }
}
