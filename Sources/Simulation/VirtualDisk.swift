package import Cluster
internal import Telemetry

/// What of a node outlives its process, and how fast it is written.
package struct VirtualDisk: Equatable, Sendable {
    /// The boot epoch that was written last.
    package internal(set) var epoch: UInt64 = 0
    /// What the cluster placed by when the process last ran; nil where nobody has changed it.
    package internal(set) var placement: PlacementParameters?
    /// Frames that are safe from a crash.
    package internal(set) var frames = FrameSet()
    /// Frames that were on disks of this node that were lost.
    package internal(set) var lost = FrameSet()
    /// When its last disk was lost; nil for never.
    var lostAt: Duration?
    /// Whether new frames are refused.
    var isFull = false
    /// A write takes so many times as long as usual.
    var slowness = 1

    /// Everything is gone, its faults too: another disk.
    mutating func wipe(at now: Duration) {
        let lost = self.everHeld
        self = VirtualDisk()
        self.lost = lost
        self.lostAt = now
    }

    /// Frames that it holds, or held on a disk that was lost.
    var everHeld: FrameSet {
        guard self.lost.count > 0 else { return self.frames }
        var all = self.lost
        all.formUnion(self.frames)
        return all
    }
}
