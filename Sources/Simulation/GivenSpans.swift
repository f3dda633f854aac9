internal import Cluster
internal import Telemetry

/// Hours and minutes of partitions that a node gave away, and has still on its disk.
struct GivenSpans: Equatable, Sendable {
    private var minutes: [UInt32: PartitionSet] = [:]
    /// By their first minute.
    private var hours: [UInt32: PartitionSet] = [:]

    /// Whether nothing is given away.
    var isEmpty: Bool { self.minutes.isEmpty && self.hours.isEmpty }

    mutating func insert(_ span: BucketSpan) {
        let partition = Int(span.partition)
        if span.isHour {
            self.hours[span.start, default: PartitionSet()].insert(partition)
        } else {
            self.minutes[span.start, default: PartitionSet()].insert(partition)
        }
    }

    /// A minute counts again, and the hour that it is part of.
    mutating func remove(_ minute: BucketSpan) {
        let hour = minute.wholeHour
        self.minutes[minute.start]?.remove(Int(minute.partition))
        self.hours[hour.start]?.remove(Int(hour.partition))
        if self.minutes[minute.start]?.count == 0 { self.minutes[minute.start] = nil }
        if self.hours[hour.start]?.count == 0 { self.hours[hour.start] = nil }
    }

    /// Whether a minute of a partition was given away, by itself or with its hour.
    func contains(_ partition: Int, _ minute: UInt32) -> Bool {
        guard !self.isEmpty else { return false }
        return self.minutes[minute]?.contains(partition) == true
            || self.hours[Self.hour(of: minute)]?.contains(partition) == true
    }

    /// The partitions of which a minute was given away; nil for none.
    func partitions(of minute: UInt32) -> PartitionSet? {
        guard !self.isEmpty else { return nil }
        guard let hour = self.hours[Self.hour(of: minute)] else { return self.minutes[minute] }
        guard var all = self.minutes[minute] else { return hour }
        for partition in hour.all { all.insert(partition) }
        return all
    }

    private static func hour(of minute: UInt32) -> UInt32 { minute / BucketSpan.hour * BucketSpan.hour }
}
