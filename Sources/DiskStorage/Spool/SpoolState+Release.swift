internal import Telemetry

extension SpoolState {
    /// Frames that came this long before the newest are kept, confirmed or not: after a crash the windows that
    /// were open are computed from them.
    static let windowNanoseconds: UInt64 = 60_000_000_000

    /// Drops every frame that waits since before a time.
    ///
    /// - Returns: How many.
    mutating func expire(before floor: ClusterTime) -> Int {
        var count = 0
        for index in self.segments.indices
        where self.segments[index].heldCount > 0 && self.segments[index].oldestHeld < floor {
            for entry in self.segments[index].held(self.entries) where entry.heldSince < floor {
                self.letGo(entry.id, as: .dropped(.expired))
                count += 1
            }
            let rest = self.segments[index].held(self.entries).map(\.heldSince).min()
            self.segments[index].oldestHeld = rest ?? ClusterTime(nanoseconds: .max)
        }
        return count
    }

    /// Takes the files out of the list that nobody needs any more.
    ///
    /// That is: nothing in it waits for its confirmation, and its newest frame is a minute older than the newest
    /// ever. So the newest frame's file stays, and the start after a crash knows where the open windows began.
    /// Where nothing new comes, because it is quiet or the files are full, the oldest file goes a minute after its
    /// newest frame by the clock. Only the oldest, again and again: a window's slots come after what they were
    /// counted from, and must not go before it, or the window would be computed and sent a second time.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - started: When this process began; what earlier ones left counts as made then, so that there is time to
    ///     compute its windows.
    /// - Returns: The files, in the order they were begun.
    mutating func takeFinished(at now: ClusterTime, started: ClusterTime) -> [SpoolSegment] {
        var finished: [SpoolSegment] = []
        var kept: [SpoolSegment] = []
        for segment in self.segments {
            let isActive = self.active?.id == segment.id
            let isLate = Self.isPast(segment.newest, self.newest) && !isActive
            let isQuiet = kept.isEmpty && Self.isPast(max(segment.newest, started), now)
            // A file that was given up before anything came into it, or one that has had its time.
            let isUseless = segment.byteCount == 0 ? !isActive : isLate || isQuiet
            // A start that misses a cover holds its parts again, where an earlier file does not say that they went.
            let isMissed = segment.holdsCovers && !kept.allSatisfy(\.isSettled)
            if segment.heldCount == 0, isUseless, !isMissed {
                finished.append(segment)
                if isActive { self.active = nil }
            } else {
                kept.append(segment)
            }
        }
        self.segments = kept
        return finished
    }

    private static func isPast(_ time: ClusterTime, _ now: ClusterTime) -> Bool {
        time.nanoseconds.saturatingAdd(Self.windowNanoseconds) < now.nanoseconds
    }

    /// Takes the oldest file out of the list, and drops what it holds.
    ///
    /// - Returns: The file, and how many frames were dropped with it; nil where there is only the empty one that is written to.
    mutating func takeOldest() -> (segment: SpoolSegment, frames: Int)? {
        guard let oldest = self.segments.first else { return nil }
        let isActive = self.active?.id == oldest.id
        guard oldest.byteCount > 0 || !isActive else { return nil }
        let held = oldest.held(self.entries)
        for entry in held { self.letGo(entry.id, as: .dropped(.full)) }
        if isActive { self.active = nil }
        return (self.segments.removeFirst(), held.count)
    }

    /// Takes what has to be written into `.ack` files, file by file.
    mutating func takeConfirmations() -> [(segment: UInt64, at: Int, ids: [FrameID])] {
        self.isConfirmationScheduled = false
        var result: [(segment: UInt64, at: Int, ids: [FrameID])] = []
        for index in self.segments.indices where !self.segments[index].unwritten.isEmpty {
            let segment = self.segments[index]
            result.append((segment.id, segment.confirmationBytes, segment.unwritten))
            self.segments[index].unwritten = []
            self.segments[index].isSynchronised = false
        }
        return result
    }

    /// Files whose records must be synchronised before a later file with covers may go; none while there is no such file.
    var unsynchronised: [UInt64] {
        guard let last = self.segments.lastIndex(where: { $0.holdsCovers && $0.heldCount == 0 }) else {
            return []
        }
        return self.segments[..<last].filter { !$0.isSynchronised }.map(\.id)
    }
}
