package import Telemetry

/// A frame that the spool holds: what its sender has to know of it, and where it lies.
package struct SpoolEntry: Equatable, Sendable {
    /// The frame's name for all time.
    package let id: FrameID
    /// When it was made.
    package let created: ClusterTime
    /// What its items are.
    package let signal: Signal
    /// Whether it was cut for the journal, and may be gathered with others into a larger frame.
    package let isPart: Bool
    /// The file that it lies in.
    let segment: UInt64
    /// Where in the file.
    let offset: Int
    /// When it began to wait, by cluster time as it is now; it moves with the clock.
    var heldSince: ClusterTime
    private let firstPartition: UInt16
    private let items: UInt32
    private let bytes: UInt32

    /// The partition of the first chunk's key; zero for a frame without chunks.
    package var partition: Int { Int(self.firstPartition) }
    /// Items of all chunks.
    package var itemCount: Int { Int(self.items) }
    /// Bytes of the whole frame, padded.
    package var byteCount: Int { Int(self.bytes) }

    /// One that waits since `heldSince`; nil for one of an earlier process, which waits since it was made.
    init(_ frame: Frame, segment: UInt64, offset: Int, heldSince: ClusterTime? = nil) {
        self.id = frame.header.id
        self.created = frame.header.created
        self.signal = frame.header.signal
        self.isPart = frame.header.flags.contains(.part)
        self.segment = segment
        self.offset = offset
        self.heldSince = heldSince ?? frame.header.created
        self.firstPartition = UInt16(truncatingIfNeeded: frame.entries.first?.key.partition ?? 0)
        self.items = frame.header.itemCount
        self.bytes = UInt32(truncatingIfNeeded: frame.header.frameBytes)
    }
}
