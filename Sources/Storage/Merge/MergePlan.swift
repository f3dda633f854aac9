package import Telemetry

/// Decides which segments are merged next: five minutes → one hour → one day, and that once more when it is old.
///
/// Pure: the shell describes its sealed segments and does what comes back. Merging goes over segments that are
/// neighbours in time, once their period has ended, or earlier where there are many.
package struct MergePlan: Equatable, Sendable {
    /// A sealed segment as the plan sees it.
    package struct Candidate: Equatable, Sendable {
        /// Its id; segments of one period are merged in this order.
        package var id: UInt64
        /// 0 as written, 1 an hour's, 2 a day's, 3 a day's of which everything has its last form.
        package var level: Int
        /// Creation time of its oldest frame.
        package var oldest: ClusterTime
        /// Bytes of its file.
        package var bytes: Int

        /// A description of a segment.
        package init(id: UInt64, level: Int, oldest: ClusterTime, bytes: Int) {
            self.id = id
            self.level = level
            self.oldest = oldest
            self.bytes = bytes
        }
    }

    /// A merge: these segments into one of this level.
    package struct Step: Equatable, Sendable {
        /// Its id; segments of one period are merged in this order.
        package var ids: [UInt64]
        /// The level of the result.
        package var level: Int
    }

    /// A merged segment is not made larger than this, unless one of its parts is.
    package var bytesMax: Int
    /// Segments of one period are merged before its end once there are so many.
    package var segmentsMax: Int
    /// A day's segments are rewritten when all they hold is this old, in nanoseconds: rollups and tail rules go by
    /// age, and some of a day is young when the day ends.
    package var finalAge: UInt64

    /// A plan with the limits of the product.
    ///
    /// - Precondition: At least two segments make a merge.
    package init(bytesMax: Int = 1 << 30, segmentsMax: Int = 24, finalAge: UInt64 = 3 * 86_400_000_000_000) {
        precondition(bytesMax > 0 && segmentsMax > 1, "a merge has at least two parts")
        self.bytesMax = bytesMax
        self.segmentsMax = segmentsMax
        self.finalAge = finalAge
    }

    /// Length of the period that a level's segments are gathered into, in nanoseconds.
    private static func period(of level: Int) -> UInt64 {
        level == 0 ? 3_600_000_000_000 : 86_400_000_000_000
    }

    /// How long after the end of a period its segments are merged, in nanoseconds.
    private func delay(of level: Int) -> UInt64 {
        // A segment that begins in a period may end five minutes later.
        (level < 2 ? 0 : self.finalAge).saturatingAdd(600_000_000_000)
    }

    /// The next merge; nil where nothing is due.
    ///
    /// - Parameters:
    ///   - segments: All sealed segments.
    ///   - now: Cluster time.
    ///   - isForced: Whether hours and days that have not ended count as ended.
    /// - Returns: One merge; the caller asks again when it is done.
    package func next(_ segments: [Candidate], at now: ClusterTime, isForced: Bool = false) -> Step? {
        for level in 0...2 {
            let period = Self.period(of: level)
            let due = now.nanoseconds - min(self.delay(of: level), now.nanoseconds)
            var groups: [UInt64: [Candidate]] = [:]
            for segment in segments where segment.level == level {
                groups[segment.oldest.nanoseconds / period, default: []].append(segment)
            }
            for (index, group) in groups.sorted(by: { $0.key < $1.key }) {
                let isEarly = level < 2 && (isForced || group.count >= self.segmentsMax)
                guard isEarly || index < due / period else { continue }
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
