package import Cluster
package import Telemetry

/// What of a node outlives its process, and how fast it is written.
package struct VirtualDisk: Equatable, Sendable {
    /// The boot epoch that was written last.
    package internal(set) var epoch: UInt64 = 0
    /// What the cluster placed by when the process last ran; nil where nobody has changed it.
    package internal(set) var placement: PlacementParameters?
    /// Frames that are safe from a crash.
    package internal(set) var frames = FrameSet()
    /// Those of them that cannot be read any more, before anybody noticed.
    package internal(set) var rotten = FrameSet()
    /// Frames that were on disks of this node that were lost, or rotted away.
    package internal(set) var lost = FrameSet()
    /// What was deleted for good, as far as this node knows.
    package internal(set) var purged = Tombstones()
    /// When its last disk was lost; nil for never.
    var lostAt: Duration?
    /// The same frames by bucket.
    var shelf = BucketShelf()
    /// Totals that its own door made and the cluster has not confirmed, oldest first.
    var spool: [FrameID] = []
    /// What its door counts.
    var open: OpenWindow?
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

    /// Adds a frame, unless it was deleted for good.
    ///
    /// - Returns: False where it was there, or is not to be.
    @discardableResult mutating func keep(_ name: ChunkName) -> Bool {
        guard !self.purged.covers(name), self.frames.insert(name.id.frame) else { return false }
        self.shelf.add(name)
        return true
    }

    /// The disk is thrown away by somebody who believes that it is needed no more: what was handed over does not count as lost, what
    /// came in since he looked does.
    mutating func discard(_ handedOver: FrameSet, at now: Duration) {
        var late = self.frames
        late.subtract(handedOver)
        late.formUnion(self.lost)
        self = VirtualDisk()
        self.lost = late
        self.lostAt = now
    }

    /// Takes a frame out.
    mutating func drop(_ name: ChunkName) {
        guard self.frames.contains(name.id.frame) else { return }
        self.frames.remove(name.id.frame)
        self.rotten.remove(name.id.frame)
        self.shelf.remove(name)
    }

    /// Whether a frame is there and can be read.
    func canRead(_ id: FrameID) -> Bool { self.frames.contains(id) && !self.rotten.contains(id) }

    /// Frames that can be read.
    var readable: FrameSet {
        guard self.rotten.count > 0 else { return self.frames }
        var all = self.frames
        all.subtract(self.rotten)
        return all
    }

    /// Frames that it holds, or held on a disk that was lost.
    var everHeld: FrameSet {
        guard self.lost.count > 0 else { return self.frames }
        var all = self.lost
        all.formUnion(self.frames)
        return all
    }
}

extension Tombstones {
    /// Whether a chunk was deleted.
    func covers(_ name: ChunkName) -> Bool { self.covers(name.id.key, made: name.created) }
}
