package import Storage

/// When a write counts as safe.
package enum Durability: String, CaseIterable, Sendable {
    /// Each frame is on the disk before its sender hears of it, alone.
    case always
    /// Frames that wait together share one wait for the disk.
    case batch
    /// The operating system has it; a power loss can take it back.
    case os
}

/// What an operator may set about storage.
package struct StoreOptions: Sendable {
    /// When a write counts as safe.
    package var durability: Durability
    /// A segment is sealed when it holds this many bytes.
    package var segmentBytesMax: Int
    /// Or when it is this old.
    package var segmentAge: Duration
    /// Everything older is removed.
    package var retentionAge: Duration
    /// Segments are removed, oldest first, while they hold more; nil means a tenth of the disk.
    package var retentionBytesMax: UInt64?
    /// Ingest is refused while the disk has less than this free.
    package var lowDiskBytes: UInt64
    /// Bytes of sealed segments that are read again in a second, to find damage; zero for none.
    package var scrubBytesPerSecond: Int
    /// How finely old slots are kept.
    package var rollup: RollupPolicy
    /// Which old traces are kept.
    package var tail: TailRules

    /// The options of the product, but for those given.
    package init(
        durability: Durability = .batch,
        segmentBytesMax: Int = 64 << 20,
        segmentAge: Duration = .seconds(300),
        retentionAge: Duration = .seconds(7 * 86400),
        retentionBytesMax: UInt64? = nil,
        lowDiskBytes: UInt64 = 512 << 20,
        scrubBytesPerSecond: Int = 160 << 10,
        rollup: RollupPolicy = RollupPolicy(),
        tail: TailRules = TailRules()
    ) {
        self.durability = durability
        self.segmentBytesMax = segmentBytesMax
        self.segmentAge = segmentAge
        self.retentionAge = retentionAge
        self.retentionBytesMax = retentionBytesMax
        self.lowDiskBytes = lowDiskBytes
        self.scrubBytesPerSecond = scrubBytesPerSecond
        self.rollup = rollup
        self.tail = tail
    }
}
