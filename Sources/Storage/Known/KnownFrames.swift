package import Telemetry

/// The names of the frames that one process stored: what tells a new frame from a duplicate without the disk.
///
/// A frame is *certainly new* where its name is not here and it was made after everything that this memory does not
/// cover: after the process started (and a slack for clocks that differ), after whatever was forgotten because there
/// was too much, and at or above its origin's floor. Of any other frame only the disk can tell.
///
/// Bounded: names live in two generations. When the younger one is full the older one is forgotten, and the newest
/// creation in it becomes a mark below which the disk is asked. Floors are bounded the same way. Pure; one owner.
package struct KnownFrames: Sendable {
    /// Bounds, both at least one.
    package struct Limits: Equatable, Sendable {
        /// Names of one generation; twice as many are held at most, of about 40 bytes each.
        package var generationFramesMax = 65_536
        /// Origins whose floors are held.
        package var floorsMax = 4096

        /// The bounds of the product.
        package init() {}
    }

    /// What is known of a frame's name.
    package enum Answer: Equatable, Sendable {
        /// No frame of this name can be here.
        case new
        /// This very frame is here.
        case known
        /// Another frame of this name is here.
        case clash
        /// An earlier process may have stored it: what it left on the disk has to be asked.
        case earlier
        /// This process may have stored it too, and forgotten: all of the disk has to be asked.
        case forgotten
        /// Some of its chunks are here, copied from another node: all of the disk has to be asked, for each of them.
        case partial
    }

    /// Frames whose clocks run ahead were made so much later than they were stored, in nanoseconds.
    package static let slack: UInt64 = 300_000_000_000

    private struct Renamed: Hashable {
        var id: FrameID
        var checksum: UInt64
    }

    private struct Generation {
        /// Content checksums by sequence.
        var frames: [RunID: [UInt64: UInt64]] = [:]
        /// Frames that were stored under another name, because theirs was taken.
        var renamed: Set<Renamed> = []
        /// Frames of which single chunks were stored.
        var partial: Set<FrameID> = []
        var count = 0
        var newest = ClusterTime(nanoseconds: 0)
    }

    private struct Floor {
        var sequence: UInt64
        /// No frame below was made later.
        var newest: ClusterTime
    }

    private let limits: Limits
    /// Frames made until then may be of an earlier process.
    private let start: ClusterTime
    /// Chunks of frames made until then may have been removed since, though their names are held.
    private var doubtful = ClusterTime(nanoseconds: 0)
    /// Frames made until then may be forgotten.
    private var mark = ClusterTime(nanoseconds: 0)
    private var young = Generation()
    private var old = Generation()
    private var floors: [RunID: Floor] = [:]

    /// A memory of nothing.
    ///
    /// - Parameters:
    ///   - start: When the process started; what an earlier one stored is not known here.
    ///   - limits: Its bounds.
    package init(since start: ClusterTime, limits: Limits = Limits()) {
        self.limits = limits
        self.start = ClusterTime(nanoseconds: start.nanoseconds.saturatingAdd(Self.slack))
    }

    /// How many names are held.
    package var count: Int { self.young.count + self.old.count }

    /// What is known of a frame.
    package func answer(_ header: FrameHeader) -> Answer {
        let id = header.id
        let renamed = Renamed(id: id, checksum: header.contentChecksum)
        let known = header.created <= self.doubtful ? Answer.forgotten : .known
        if self.young.renamed.contains(renamed) || self.old.renamed.contains(renamed) { return known }
        if let checksum = self.checksum(id) { return checksum == header.contentChecksum ? known : .clash }
        if self.young.partial.contains(id) || self.old.partial.contains(id) { return .partial }
        let isHeld = self.mark.nanoseconds == 0 || header.created > self.mark
        guard isHeld, id.sequence >= self.floors[id.run]?.sequence ?? 0 else { return .forgotten }
        return header.created > self.start ? .new : .earlier
    }

    /// Notes a frame that is stored under its own name, or was found to be.
    package mutating func insert(_ header: FrameHeader) {
        let id = header.id
        self.makeRoom(for: header.created)
        let former = self.young.frames[id.run, default: [:]]
            .updateValue(header.contentChecksum, forKey: id.sequence)
        if former == nil { self.young.count += 1 }
    }

    /// Notes a frame that is stored under another name than its own, which is taken.
    package mutating func insertRenamed(_ header: FrameHeader) {
        self.makeRoom(for: header.created)
        let renamed = Renamed(id: header.id, checksum: header.contentChecksum)
        if self.young.renamed.insert(renamed).inserted { self.young.count += 1 }
    }

    /// Notes a frame of which single chunks are stored.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - created: When it was made.
    package mutating func insertPartial(_ id: FrameID, created: ClusterTime) {
        guard self.checksum(id) == nil, !self.old.partial.contains(id) else { return }
        self.makeRoom(for: created)
        if self.young.partial.insert(id).inserted { self.young.count += 1 }
    }

    /// Chunks that were made before a time may have been removed since they were noted: the disk is asked about them.
    package mutating func doubt(madeBefore time: ClusterTime) {
        self.doubtful = max(self.doubtful, time)
        self.mark = max(self.mark, time)
    }

    /// Takes back what ``insert(_:)`` or ``insertRenamed(_:)`` noted: the disk refused the frame.
    package mutating func remove(_ header: FrameHeader) {
        let renamed = Renamed(id: header.id, checksum: header.contentChecksum)
        if self.young.renamed.remove(renamed) != nil {
            self.young.count -= 1
        } else if self.old.renamed.remove(renamed) != nil {
            self.old.count -= 1
        } else if self.young.frames[header.id.run]?[header.id.sequence] == header.contentChecksum {
            self.young.frames[header.id.run]?[header.id.sequence] = nil
            self.young.count -= 1
        } else if self.old.frames[header.id.run]?[header.id.sequence] == header.contentChecksum {
            self.old.frames[header.id.run]?[header.id.sequence] = nil
            self.old.count -= 1
        }
    }

    /// Forgets an origin's frames below its floor; should one come all the same, the disk is asked.
    ///
    /// - Complexity: O(names of the origin), where the floor rose.
    package mutating func forget(_ run: RunID, below sequence: UInt64) {
        guard sequence > self.floors[run]?.sequence ?? 0 else { return }
        if self.floors.count >= self.limits.floorsMax, self.floors[run] == nil {
            self.mark = max(self.mark, self.floors.values.map(\.newest).max() ?? self.mark)
            self.floors.removeAll()
        }
        let former = self.floors[run]?.newest ?? self.old.newest
        self.floors[run] = Floor(sequence: sequence, newest: max(former, self.old.newest, self.young.newest))
        Self.forget(run, below: sequence, &self.young)
        Self.forget(run, below: sequence, &self.old)
    }

    private func checksum(_ id: FrameID) -> UInt64? {
        self.young.frames[id.run]?[id.sequence] ?? self.old.frames[id.run]?[id.sequence]
    }

    private mutating func makeRoom(for created: ClusterTime) {
        if self.young.count >= self.limits.generationFramesMax {
            self.mark = max(self.mark, self.old.newest)
            self.old = self.young
            self.young = Generation()
        }
        self.young.newest = max(self.young.newest, created)
    }

    private static func forget(_ run: RunID, below sequence: UInt64, _ generation: inout Generation) {
        if let frames = generation.frames.removeValue(forKey: run) {
            let kept = frames.filter { $0.key >= sequence }
            generation.count -= frames.count - kept.count
            if !kept.isEmpty { generation.frames[run] = kept }
        }
        let renamed = generation.renamed.filter { $0.id.run != run || $0.id.sequence >= sequence }
        generation.count -= generation.renamed.count - renamed.count
        generation.renamed = renamed
        let partial = generation.partial.filter { $0.run != run || $0.sequence >= sequence }
        generation.count -= generation.partial.count - partial.count
        generation.partial = partial
    }
}
