package import Telemetry

extension Replication {
    /// Who is to hear what becomes of a frame; numbers are the shell's.
    package struct Sender: Hashable, Comparable, Sendable {
        /// A connection, or a receipt of the own door.
        package var number: UInt64

        /// A sender by its number.
        package init(_ number: UInt64) { self.number = number }

        /// Orders by number.
        package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    }

    /// What the shell is to do.
    package enum Effect: Equatable, Sendable {
        /// Write the frame to the own log, then call ``appended(_:isSafe:at:)``.
        case append(FrameID)
        /// Send a copy; the answer goes to ``acknowledged(_:by:at:)`` or ``refused(_:by:at:)``.
        case copy(FrameID, to: NodeID)
        /// The same with a frame that was released: its bytes are read from the own log.
        case copyFromLog(FrameID, to: NodeID)
        /// W nodes hold it.
        case confirm(FrameID, Sender)
        /// One node holds it; the sender keeps it and will hear no more.
        case accept(FrameID, Sender)
        /// It was not taken; the sender keeps it.
        case refuse(FrameID, Sender, Refusal)
        /// Nobody needs its bytes in memory any more.
        case release(FrameID)
    }

    /// Why a frame was not taken.
    package enum Refusal: String, Equatable, Sendable {
        /// Too much is under way, or too much is still owed to other nodes.
        case busy
        /// The own log refused it, and nobody else holds it.
        case disk
    }
}
