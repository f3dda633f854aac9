internal import Cluster

/// Why a membership is called.
enum Occasion: Equatable, Sendable {
    /// One of its own timers is due.
    case timer
    /// Somebody told it rumors.
    case rumors
    /// Somebody compared everything with it.
    case comparison
    /// An operator, or a connection.
    case other

    /// That of a message.
    init(_ message: MembershipMessage) {
        self = if case .sync = message { .comparison } else { .rumors }
    }
}

/// A process that was found dead: who takes over what was found says the same of it.
struct Finding: Hashable, Sendable {
    let about: Int
    let epoch: UInt64
    let incarnation: UInt32
}
