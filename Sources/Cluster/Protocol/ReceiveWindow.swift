/// Holds the other side of a connection to the window that it was told: the memory that its frames take is bounded.
///
/// A sender that keeps to the window sends a frame when its unanswered ones and the new one fit, or when none is
/// unanswered. Twice as much is let pass, for answers and windows that cross on the way.
package struct ReceiveWindow: Equatable, Sendable {
    /// Bytes that the other side was told.
    package let bytes: Int
    /// Bytes of bodies that are not answered.
    package private(set) var outstanding = 0
    private var frames: [UInt64: Int] = [:]

    /// A window of which nothing is used.
    package init(bytes: Int) { self.bytes = bytes }

    /// Frames that are not answered.
    package var count: Int { self.frames.count }

    /// Whether a frame may come now, though perhaps only its header is here.
    package func allows(_ request: UInt64, bytes: Int) -> Bool {
        guard self.frames[request] == nil else { return false }
        return self.outstanding == 0 || self.outstanding + bytes <= 2 * self.bytes
    }

    /// Takes a frame that is allowed.
    package mutating func take(_ request: UInt64, bytes: Int) {
        self.frames[request] = bytes
        self.outstanding += bytes
    }

    /// A frame is answered; an answer to none changes nothing.
    package mutating func settle(_ request: UInt64) {
        guard let bytes = self.frames.removeValue(forKey: request) else { return }
        self.outstanding -= bytes
    }
}
