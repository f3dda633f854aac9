internal import Glibc
internal import Synchronization
package import Telemetry

/// Cluster time of a single host: the wall clock at the start, carried on by the monotonic clock.
///
/// Where the wall clock of a process that is alone turns out to be ahead, as after a boot before the network told the
/// time, it steps forward. It never steps back, but at the first meeting with a cluster whose clock is behind
/// (``follow(nanosecondsAhead:)``). Who has met others keeps the time that all have, whatever its own wall clock says later.
package final class ClusterClock: Sendable {
    /// The wall clock may be so far ahead before cluster time follows it.
    private static let toleranceNanoseconds: UInt64 = 2_000_000_000

    /// Added to the monotonic clock to give nanoseconds since the Unix epoch.
    private let offset: Atomic<UInt64>

    /// Whether the cluster's clock counts, and the own wall clock does not.
    private let followsCluster = Atomic(false)

    /// Learns the offset now.
    package init() { self.offset = Atomic(Self.wallOffset()) }

    /// Nanoseconds since the Unix epoch; never steps back.
    package func now() -> ClusterTime {
        ClusterTime(nanoseconds: Self.read(CLOCK_BOOTTIME) &+ self.offset.load(ordering: .relaxed))
    }

    /// Follows the wall clock where that is well ahead; gives by how many nanoseconds, zero where nothing changed.
    @discardableResult
    package func adjust() -> UInt64 {
        let (wall, own) = (Self.wallOffset(), self.offset.load(ordering: .relaxed))
        guard !self.followsCluster.load(ordering: .relaxed), wall > own,
            wall - own > Self.toleranceNanoseconds
        else { return 0 }
        self.offset.store(wall, ordering: .relaxed)
        return wall - own
    }

    /// Others have the same time: from now on it does not follow the wall clock.
    package func joinCluster() { self.followsCluster.store(true, ordering: .relaxed) }

    /// By how many nanoseconds the wall clock is ahead of cluster time; behind where negative.
    package var wallNanosecondsAhead: Int64 {
        Int64(bitPattern: Self.wallOffset() &- self.offset.load(ordering: .relaxed))
    }

    /// Whether the wall clock says so little else that nobody need look.
    package var agreesWithWall: Bool { self.wallNanosecondsAhead.magnitude <= Self.toleranceNanoseconds }

    /// Follows the cluster's clock, which is so far ahead, or behind where negative; small differences are left alone.
    ///
    /// Meant for the first meeting, if possible before anything is stamped. An edge that has stamped already goes on with its
    /// latest time until the clock has caught up.
    ///
    /// - Returns: Whether the difference was large enough to be followed.
    @discardableResult
    package func follow(nanosecondsAhead: Int64) -> Bool {
        guard nanosecondsAhead.magnitude > Self.toleranceNanoseconds else { return false }
        // A cluster that is behind is a negative number, which wraps around.
        self.offset.wrappingAdd(UInt64(bitPattern: nanosecondsAhead), ordering: .relaxed)
        self.followsCluster.store(true, ordering: .relaxed)
        return true
    }

    private static func wallOffset() -> UInt64 { self.read(CLOCK_REALTIME) &- self.read(CLOCK_BOOTTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
