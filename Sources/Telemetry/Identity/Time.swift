/// Nanoseconds since the Unix epoch, as the sender's wall clock had it; zero means unknown.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Since the Unix epoch.
    package var nanoseconds: UInt64

    /// An instant.
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Earlier comes first.
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// Nanoseconds since the Unix epoch on a clock that never steps back within a run.
///
/// An edge makes it from its monotonic clock plus an offset learned when it starts or connects.
package struct ClusterTime: Hashable, Comparable, Sendable {
    /// Since the Unix epoch.
    package var nanoseconds: UInt64

    /// An instant.
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Minutes since the Unix epoch: the time half of a bucket.
    package var minute: UInt64 { self.nanoseconds / 60_000_000_000 }

    /// Earlier comes first.
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The time that lies a duration later; negative durations lie earlier; it stops at both ends.
    package func advanced(byNanoseconds delta: Int64) -> ClusterTime {
        delta >= 0
            ? ClusterTime(nanoseconds: self.nanoseconds.saturatingAdd(UInt64(delta)))
            : ClusterTime(nanoseconds: self.nanoseconds - min(self.nanoseconds, delta.magnitude))
    }
}

/// Ten seconds of cluster time: the unit of aggregation.
package struct Window: Hashable, Comparable, Sendable {
    /// The length of a window in nanoseconds.
    package static let nanoseconds: UInt64 = 10_000_000_000

    /// Counts windows from the Unix epoch.
    package var index: UInt64

    /// A window by its number.
    package init(index: UInt64) { self.index = index }

    /// The window in which an instant lies.
    package init(at time: ClusterTime) { self.index = time.nanoseconds / Self.nanoseconds }

    /// The first instant of the window.
    package var start: ClusterTime { Self.time(self.index) }
    /// The first instant behind the window; the end of all time for the last one.
    package var end: ClusterTime { Self.time(self.index.saturatingAdd(1)) }

    /// Earlier comes first.
    package static func < (left: Self, right: Self) -> Bool { left.index < right.index }

    private static func time(_ index: UInt64) -> ClusterTime {
        let (nanoseconds, overflow) = index.multipliedReportingOverflow(by: self.nanoseconds)
        return ClusterTime(nanoseconds: overflow ? .max : nanoseconds)
    }
}
