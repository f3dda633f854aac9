/// The name of a chunk for all time, on whichever nodes it is: the frame it was made in, and its key.
package struct ChunkID: Hashable, Comparable, Sendable {
    /// The frame as made.
    package var frame: FrameID
    /// Whose part of it.
    package var key: Key

    /// A name.
    package init(frame: FrameID, key: Key) {
        self.frame = frame
        self.key = key
    }

    /// What digests add up: XXH3-64 of the run, seeded with that of the key, seeded with the sequence.
    package var hash64: UInt64 {
        let key = ContentHash.hash64(self.key.high, self.key.low, seed: self.frame.sequence)
        return ContentHash.hash64(self.frame.run.high, self.frame.run.low, seed: key)
    }

    /// Orders by frame, then by key.
    package static func < (left: Self, right: Self) -> Bool {
        left.frame == right.frame ? left.key < right.key : left.frame < right.frame
    }
}
