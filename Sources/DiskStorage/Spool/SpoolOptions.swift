/// What an operator may set about an agent's spool.
package struct SpoolOptions: Equatable, Sendable {
    /// Bytes of frames that its files may hold, confirmed ones that cannot be deleted yet among them.
    ///
    /// On top come 64 bytes per file and 32 per confirmed frame.
    package var bytesMax: UInt64
    /// Frames that may wait for their confirmation; each costs about 200 bytes of memory.
    package var framesMax: Int
    /// Frames that were made longer ago are dropped, for collectors would refuse them.
    package var ageMax: Duration
    /// A file is closed when it holds this many bytes, or an eighth of ``bytesMax``.
    package var segmentBytesMax: Int
    /// When a write counts as safe.
    package var durability: Durability
    /// Whether a full spool drops its oldest frames, accepted though they are, instead of refusing new ones.
    package var dropsOldest: Bool
    /// Bytes of frames that are kept in memory as well until they are confirmed; zero for none.
    package var memoryBytesMax: Int
    /// Nothing is taken while the disk has less than this free.
    package var lowDiskBytes: UInt64

    /// The options of the product, but for those given.
    package init(
        bytesMax: UInt64 = 1 << 30,
        framesMax: Int = 200_000,
        ageMax: Duration = .seconds(6 * 3600),
        segmentBytesMax: Int = 16 << 20,
        durability: Durability = .batch,
        dropsOldest: Bool = false,
        memoryBytesMax: Int = 8 << 20,
        lowDiskBytes: UInt64 = 512 << 20
    ) {
        self.bytesMax = bytesMax
        self.framesMax = framesMax
        self.ageMax = ageMax
        self.segmentBytesMax = segmentBytesMax
        self.durability = durability
        self.dropsOldest = dropsOldest
        self.memoryBytesMax = memoryBytesMax
        self.lowDiskBytes = lowDiskBytes
    }

    /// ``ageMax`` in whole nanoseconds; zero for a negative one, the largest number for one that does not fit.
    var ageMaxNanoseconds: UInt64 {
        let (seconds, attoseconds) = self.ageMax.components
        return UInt64(clamping: Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000))
    }

    /// Bytes of frames at which a file is closed.
    var segmentBytesLimit: Int { min(self.segmentBytesMax, Int(clamping: self.bytesMax / 8)) }
}
