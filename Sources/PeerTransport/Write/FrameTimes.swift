package import Telemetry

/// The creation times of frames that are taken.
package struct FrameTimes: Equatable, Sendable {
    /// Frames may be so old: as long as a spool keeps them.
    package var ageMax: Duration
    /// Frames may be so far ahead.
    package var aheadMax: Duration

    /// As the design has them: six hours back, five minutes ahead.
    package init(ageMax: Duration = .seconds(6 * 3600), aheadMax: Duration = .seconds(300)) {
        self.ageMax = ageMax
        self.aheadMax = aheadMax
    }

    /// What is wrong with a time of creation; nil for nothing.
    package func defect(of created: ClusterTime, now: ClusterTime) -> String? {
        let (age, ahead) = (UInt64(self.ageMax.nanosecondCount), UInt64(self.aheadMax.nanosecondCount))
        if created.nanoseconds > now.nanoseconds.saturatingAdd(ahead) {
            let seconds = (created.nanoseconds - now.nanoseconds) / 1_000_000_000
            return
                "it was created \(seconds) s ahead of the cluster's time; at most \(ahead / 1_000_000_000) s are taken"
        }
        if now.nanoseconds > created.nanoseconds.saturatingAdd(age) {
            let seconds = (now.nanoseconds - created.nanoseconds) / 1_000_000_000
            return "it was created \(seconds) s ago; at most \(age / 1_000_000_000) s are taken"
        }
        return nil
    }
}
