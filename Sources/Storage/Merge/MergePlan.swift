package import Telemetry

/// Decides which segments are merged next: five minutes → one hour → one day.
///
/// Pure: the shell describes its sealed segments and does what comes back. Merging goes over segments that are
/// neighbours in time, once their period has ended, or earlier where there are many.
package struct MergePlan: Equatable, Sendable {
    /// A sealed segment as the plan sees it.
    package struct Candidate: Equatable, Sendable {
        package var id: UInt64
        /// 0 as written, 1 an hour's, 2 a day's.
        package var level: Int
        /// Creation time of its oldest frame.
        package var oldest: ClusterTime
        package var bytes: Int

        package init(id: UInt64, level: Int, oldest: ClusterTime, bytes: Int) {
            self.id = id
            self.level = level
            self.oldest = oldest
            self.bytes = bytes
        }
    }

    /// A merge: these segments into one of this level.
    package struct Step: Equatable, Sendable {
        package var ids: [UInt64]
        package var level: Int
    }

    /// A merged segment is not made larger than this, unless one of its parts is.
    package var bytesMax: Int
    /// Segments of one period are merged before its end once there are so many.
    package var segmentsMax: Int

    /// - Precondition: At least two segments make a merge.
    package init(bytesMax: Int = 1 << 30, segmentsMax: Int = 24) {
        precondition(bytesMax > 0 && segmentsMax > 1, "a merge has at least two parts")
        self.bytesMax = bytesMax
        self.segmentsMax = segmentsMax
    }

    /// Length of the period that a level's segments are gathered into, in nanoseconds.
    private static func period(of level: Int) -> UInt64 { level == 0 ? 3_600_000_000_000 : 86_400_000_000_000 }

    /// The next merge; nil where nothing is due.
    ///
    /// - Parameter isForced: Whether periods that have not ended count as ended.
    package func next(_ segments: [Candidate], at now: ClusterTime, isForced: Bool = false) -> Step? {
        for level in 0...1 {
            let period = Self.period(of: level)
            var groups: [UInt64: [Candidate]] = [:]
            for segment in segments where segment.level == level {
                groups[segment.oldest.nanoseconds / period, default: []].append(segment)
            }
            for (index, group) in groups.sorted(by: { $0.key < $1.key }) {
                // A segment that begins in a period may end five minutes later.
                let hasEnded = index < (now.nanoseconds - min(600_000_000_000, now.nanoseconds)) / period
                guard isForced || hasEnded || group.count >= self.segmentsMax else { continue }
                if let step = self.step(group.sorted { $0.id < $1.id }, level: level) { return step }
            }
        }
        return nil
    }

    /// The first run of neighbours that fits; a lone segment is rewritten too, for it is sorted and smaller after.
    private func step(_ group: [Candidate], level: Int) -> Step? {
        var ids: [UInt64] = []
        var bytes = 0
        for segment in group {
            if !ids.isEmpty, bytes + segment.bytes > self.bytesMax { break }
            ids.append(segment.id)
            bytes += segment.bytes
        }
        return ids.isEmpty ? nil : Step(ids: ids, level: level + 1)
    }
}
