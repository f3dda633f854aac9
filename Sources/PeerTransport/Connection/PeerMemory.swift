internal import Cluster
internal import NIOCore

/// What peers make this process keep: frames of which the end has not come yet, and answers that are not read.
///
/// Every connection has bounds of its own; these are for all of them together. Belongs to the peers' event loop.
final class PeerMemory {
    /// Bytes of all connections together.
    struct Limits: Sendable {
        /// Of messages that are not whole; beyond, the connection with most of them ends.
        var bodyBytesMax = 512 << 20
        /// Of answers, given and asked for; beyond, a question is refused.
        var answerBytesMax = 512 << 20
    }

    private struct Rest {
        var connection: PeerConnection
        var bytes: Int
        /// Counts connections as they came to be noted.
        var number: UInt64
    }

    /// Smaller rests are not noted: most messages come in a few reads.
    static let noted = 64 << 10

    private let limits: Limits
    private let tally: PeerTally
    private var rests: [ObjectIdentifier: Rest] = [:]
    private var lastNumber: UInt64 = 0
    /// Bytes of messages that are not whole.
    private(set) var bodyBytes = 0
    /// Bytes of answers.
    private(set) var answerBytes = 0

    init(limits: Limits, tally: PeerTally) {
        self.limits = limits
        self.tally = tally
    }

    /// A connection holds so much of a message that is not whole; the greediest one ends where that is too much.
    func hold(_ bytes: Int, for connection: PeerConnection) {
        let id = ObjectIdentifier(connection)
        let before = self.rests[id]
        guard bytes >= Self.noted else {
            guard let before else { return }
            self.bodyBytes -= before.bytes
            self.rests[id] = nil
            return
        }
        if before == nil { self.lastNumber += 1 }
        self.rests[id] = Rest(
            connection: connection,
            bytes: bytes,
            number: before?.number ?? self.lastNumber
        )
        self.bodyBytes += bytes - (before?.bytes ?? 0)
        guard self.bodyBytes > self.limits.bodyBytesMax else { return }
        let greediest = self.rests.values.max { ($0.bytes, $1.number) < ($1.bytes, $0.number) }
        // It gives back what it holds, and its owner counts the reason.
        greediest?.connection.fail("too much of messages that are not whole is held here", as: .memory)
    }

    /// Makes room for an answer, or part of one; false and counted where there is none.
    func takeAnswer(_ bytes: Int) -> Bool {
        guard self.answerBytes + bytes <= self.limits.answerBytesMax else {
            self.tally.note(.memory)
            return false
        }
        self.answerBytes += bytes
        return true
    }

    /// An answer is written, read, or not wanted any more.
    func giveAnswer(_ bytes: Int) { self.answerBytes -= bytes }
}
