/// The numbers of the peer protocol; `Protocol.md` beside this file gives the layout byte by byte.
package enum PeerProtocol {
    /// The bytes "NSPR" at the front of a hello, little-endian.
    package static let magic: UInt32 = 0x5250_534e
    /// The versions this program speaks.
    package static let versions: ClosedRange<UInt16> = 1...1
    /// Bytes of a message before its body.
    package static let headerBytes = 16
    /// The largest hello: a greeting and a record, at their longest.
    package static let helloBytesMax = 4 << 10
    /// The largest welcome: a greeting and a view of all the members that there may be, at their longest.
    package static let welcomeBytesMax = 4 << 20
    /// The largest body on a control connection; what is longer goes in parts.
    package static let controlBytesMax = 16 << 10
    /// The largest summary of shared credentials.
    package static let summaryBytesMax = 4 << 10
    /// The largest question.
    package static let questionBytesMax = 1 << 20
    /// The largest answer, all parts together.
    package static let answerBytesMax = 256 << 20
    /// The largest body on any other connection: a frame, and what stands before it.
    package static let dataBytesMax = (64 << 20) + 64
    /// A peer that acknowledges nothing for so long is gone, whatever TCP would still try.
    package static let userTimeoutMilliseconds = 5000
    /// An address that does not answer a call for so long cannot be reached.
    package static let connectTimeoutSeconds = 3
    /// A collector that is asked to end waits until others hold what only it holds, but not for longer: copying begins some
    /// seconds after it has said that it leaves, and what takes more than that wants `neoscope cluster drain` before.
    package static let handoverSeconds = 30
    /// Then it pays what it owes, but not for longer.
    package static let drainSeconds = 8
    /// A frame that was sent on is taken by who sent it, where it is not answered for so long.
    package static let forwardTimeoutSeconds = 4
}

/// What a connection is for; each purpose has connections of its own, so that none waits behind another.
package enum ConnectionPurpose: UInt8, CaseIterable, Sendable {
    /// Membership alone, between collectors.
    case control = 1
    /// Frames first-hand, from an agent or forwarded, and reads.
    case data = 2
    /// Copies of frames, between collectors; waits for the local disk only.
    case replica = 3

    /// The largest body on such a connection.
    package var bodyBytesMax: Int {
        self == .control ? PeerProtocol.controlBytesMax : PeerProtocol.dataBytesMax
    }

    /// Whether a role may open such a connection.
    package func isOpen(to role: Role) -> Bool {
        switch role {
        case .collector: true
        case .agent: self == .data
        case .operator: false
        }
    }
}
