package import Telemetry

/// What keeps frames on this node's disk.
package protocol FrameLog: Sendable {
    /// Keeps a frame, or finds that it is held already; answers once, on any thread.
    ///
    /// - Parameters:
    ///   - frame: Checked, and stored as it is.
    ///   - isCopy: Whether another node holds it first.
    ///   - floor: The origin's frames below this number are settled.
    ///   - done: Hears what became of it.
    func keep(
        _ frame: SealedFrame,
        isCopy: Bool,
        floor: UInt64,
        done: @escaping @Sendable (LogOutcome) -> Void
    )

    /// Keeps the journal copy of a frame of the own door, so that its window can be counted again; answers once, on any
    /// thread.
    ///
    /// - Parameters:
    ///   - frame: As it was made.
    ///   - done: Hears what became of the copy.
    func journal(_ frame: SealedFrame, done: @escaping @Sendable (LogOutcome) -> Void)

    /// Reads a frame as it was made. Answers once, on any thread.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - key: That of its first chunk.
    ///   - done: Hears the bytes.
    func read(_ id: FrameID, holding key: Key, done: @escaping @Sendable (LogReading) -> Void)

    /// Why nothing more can be kept for now; nil when it can.
    var objection: String? { get }
}

/// What the own disk has of a frame.
package enum LogReading: Equatable, Sendable {
    /// The frame as it was made.
    case frame([UInt8])
    /// It is not there any more: purged, expired, or merged before it was owed.
    case gone
    /// It is there, and cannot be read for now.
    case failed(String)
}

/// What became of a frame at the own disk.
package enum LogOutcome: Equatable, Sendable {
    /// It is on the disk.
    case kept
    /// It was there already.
    case known
    /// Another frame has its name; this one was kept under a new name.
    case clash
    /// It is not kept.
    case failed(String)

    /// Whether the disk holds it now.
    package var isHeld: Bool {
        if case .failed = self { false } else { true }
    }
}
