internal import Glibc
package import Telemetry

/// Cluster time of a single host: the wall clock at the start, carried on by the monotonic clock.
package struct ClusterClock: Sendable {
    /// Added to the monotonic clock to give nanoseconds since the Unix epoch.
    private let offset: UInt64

    /// Learns the offset now.
    package init() { self.offset = Self.read(CLOCK_REALTIME) &- Self.read(CLOCK_BOOTTIME) }

    /// Nanoseconds since the Unix epoch; never steps back.
    package func now() -> ClusterTime { ClusterTime(nanoseconds: Self.read(CLOCK_BOOTTIME) &+ self.offset) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
