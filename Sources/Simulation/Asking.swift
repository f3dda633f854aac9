internal import Cluster

/// What one node asks another over a data stream.
enum Asked: Equatable, Sendable {
    /// What it holds.
    case repair(RepairQuestion)
    /// The totals that it knows, as the wire has it.
    case totals([UInt8])
}

/// What the other answers.
enum Told: Equatable, Sendable {
    case repair(RepairAnswer)
    case totals([UInt8])
    /// Bytes that are no answer.
    case garbage
}

/// A question that somebody waits for an answer to.
struct Asking: Equatable, Sendable {
    /// Which machine of the node asked.
    enum Machine: Equatable, Sendable {
        case repair(number: UInt64)
        case totals
    }

    var machine: Machine
    /// The number of whoever is asked.
    var peer: Int
}
