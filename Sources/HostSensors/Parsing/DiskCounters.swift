/// What one block device has done since boot.
///
/// Source: the kernel's `Documentation/admin-guide/iostats.rst`.
///
/// Kernels before 4.18 do not count discards, those before 5.5 no flushes. Times of parallel requests add up,
/// so only `ioMilliseconds` is wall time. Milliseconds wrap at 32 bits on older kernels.
package struct DiskCounters: Equatable, Sendable {
    /// First half of the device number.
    package var major: UInt64
    /// Second half of the device number.
    package var minor: UInt64
    /// The kernel's name, as `nvme0n1`.
    package var name: String
    /// Reads finished.
    package var reads: UInt64?
    /// Reads joined with a neighbour before they were queued.
    package var readsMerged: UInt64?
    /// In units of ``sectorBytes``.
    package var sectorsRead: UInt64?
    /// Time of all reads together, waiting included.
    package var readMilliseconds: UInt64?
    /// Writes finished.
    package var writes: UInt64?
    /// Writes joined with a neighbour before they were queued.
    package var writesMerged: UInt64?
    /// In units of ``sectorBytes``.
    package var sectorsWritten: UInt64?
    /// Time of all writes together, waiting included.
    package var writeMilliseconds: UInt64?
    /// Requests under way at this moment.
    package var inFlight: UInt64?
    /// Time with at least one request under way.
    package var ioMilliseconds: UInt64?
    /// `ioMilliseconds` weighted by the requests under way.
    package var weightedMilliseconds: UInt64?
    /// Discards finished.
    package var discards: UInt64?
    /// Discards joined with a neighbour before they were queued.
    package var discardsMerged: UInt64?
    /// In units of ``sectorBytes``.
    package var sectorsDiscarded: UInt64?
    /// Time of all discards together.
    package var discardMilliseconds: UInt64?
    /// Flushes finished.
    package var flushes: UInt64?
    /// Time of all flushes together.
    package var flushMilliseconds: UInt64?

    /// The unit of sectors in this file, whatever the device's own is.
    package static let sectorBytes: UInt64 = 512

    /// Reads a line; nil if it does not name a device.
    init?(parsing line: inout TextCursor) {
        guard let major = line.number(), let minor = line.number() else { return nil }
        let name = line.word()
        guard !name.isEmpty else { return nil }
        self.major = major
        self.minor = minor
        self.name = name.text
        self.reads = line.number()
        self.readsMerged = line.number()
        self.sectorsRead = line.number()
        self.readMilliseconds = line.number()
        self.writes = line.number()
        self.writesMerged = line.number()
        self.sectorsWritten = line.number()
        self.writeMilliseconds = line.number()
        self.inFlight = line.number()
        self.ioMilliseconds = line.number()
        self.weightedMilliseconds = line.number()
        self.discards = line.number()
        self.discardsMerged = line.number()
        self.sectorsDiscarded = line.number()
        self.discardMilliseconds = line.number()
        self.flushes = line.number()
        self.flushMilliseconds = line.number()
    }

    /// A device of which nothing is counted yet.
    init(major: UInt64, minor: UInt64, name: String) {
        self.major = major
        self.minor = minor
        self.name = name
    }

    /// Reads `/proc/diskstats`: all devices, partitions included.
    package static func list(parsing text: Span<UInt8>) -> [DiskCounters] {
        var disks: [DiskCounters] = []
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            if let disk = DiskCounters(parsing: &line) { disks.append(disk) }
        }
        return disks
    }

    /// Whether the device is a disk that counts for itself: no partition, RAM disk, loop or floppy device.
    ///
    /// The rule of node_exporter 1.5, which goes by the name, with its gaps closed: disks beyond the 26th
    /// (`sdaa1`) and memory cards (`mmcblk0p1`).
    package var isWholeDisk: Bool {
        let name = Array(self.name.utf8)
        var digits = name.count
        while digits > 0, name[digits &- 1] &- UInt8(ascii: "0") <= 9 { digits &-= 1 }
        guard digits < name.count else { return true }
        let stem = name[..<digits]
        if ["ram", "loop", "fd"].contains(where: { stem.elementsEqual($0.utf8) }) { return false }
        for prefix in ["hd", "sd", "vd", "xvd"] where stem.starts(with: prefix.utf8) {
            let letters = stem.dropFirst(prefix.utf8.count)
            return letters.isEmpty || !letters.allSatisfy { $0 &- UInt8(ascii: "a") < 26 }
        }
        let isCardOrFlash = stem.starts(with: "nvme".utf8) || stem.starts(with: "mmcblk".utf8)
        return !(isCardOrFlash && stem.last == UInt8(ascii: "p"))
    }

    /// Whether the device keeps data in memory only, as compressed swap does.
    package var isMemory: Bool { self.name.hasPrefix("zram") || self.name.hasPrefix("ram") }
}
