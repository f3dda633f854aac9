internal import Foundation
internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    private var floorPath: String { self.directory.path + "/floor" }

    /// The oldest minute since the Unix epoch that is kept here; a whole number of hours where it is long ago, when buckets
    /// are put together to hours.
    ///
    /// What was made before has expired, by age, for want of room, or by an order: it may still lie here, and is neither
    /// compared with other nodes nor taken from them.
    package var floorMinute: UInt32 {
        let now = self.now().nanoseconds
        var age = self.options.retentionAge.nanosecondsOfAge
        // Which of the older traces stay is decided on each node by itself.
        if !self.options.tail.keepsAll { age = min(age, self.options.tail.after) }
        let byAge = Self.minute(after: ClusterTime(nanoseconds: now - min(now, age)))
        let minute = max(byAge, self.state.withLock { $0.floor })
        let isYoung = UInt64(minute) + UInt64(BucketTable.minutesKept) > now / 60_000_000_000
        let hour = UInt64(BucketSpan.hour)
        return isYoung ? minute : UInt32(clamping: (UInt64(minute) + hour - 1) / hour * hour)
    }

    /// From now on everything that was made before the hour in which a time lies counts as expired: the rest of that hour was
    /// not purged, and is compared as a whole; what was purged of it is known by itself.
    func raiseFloor(purgedBefore time: ClusterTime) {
        let hour: UInt64 = 3_600_000_000_000
        self.raiseFloor(to: ClusterTime(nanoseconds: time.nanoseconds / hour * hour))
    }

    /// From now on everything that was made up to a time counts as expired; outlives the process.
    func raiseFloor(to time: ClusterTime) {
        let minute = Self.minute(after: time)
        let isHigher = self.state.withLock { state in
            guard minute > state.floor else { return false }
            state.floor = minute
            return true
        }
        guard isHigher else { return }
        do { try File.replace(self.floorPath, with: Array("\(minute)\n".utf8)) } catch {
            self.logger.error("the floor could not be written down", metadata: ["reason": "\(error)"])
        }
    }

    /// Reads what an earlier process wrote down; a file that is damaged counts as none.
    func readFloor() {
        let data = FileManager.default.contents(atPath: self.floorPath) ?? Data()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let minute = UInt32(text) else { return }
        self.state.withLock { $0.floor = minute }
    }

    /// The first whole minute that begins at a time or later.
    private static func minute(after time: ClusterTime) -> UInt32 {
        UInt32(clamping: time.nanoseconds.saturatingAdd(59_999_999_999) / 60_000_000_000)
    }
}

extension Duration {
    fileprivate var nanosecondsOfAge: UInt64 { UInt64(clamping: self.components.seconds) * 1_000_000_000 }
}
