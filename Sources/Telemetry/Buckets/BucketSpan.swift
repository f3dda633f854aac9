/// Neighbouring buckets of one partition: a minute, or a whole hour.
///
/// A bucket is what nodes compare: the chunks of one partition whose frames were made in one minute of cluster time.
package struct BucketSpan: Hashable, Comparable, Sendable {
    /// Minutes of an hour.
    package static let hour: UInt32 = 60

    /// 0 to 1023.
    package var partition: UInt16
    /// Minutes since the Unix epoch; a whole number of hours where it is an hour.
    package var start: UInt32
    /// Whether it is an hour, and not a minute.
    package var isHour: Bool

    /// A span.
    package init(partition: UInt16, start: UInt32, isHour: Bool) {
        self.partition = partition
        self.start = start
        self.isHour = isHour
    }

    /// The bucket of a chunk.
    package init(_ key: Key, created: ClusterTime) {
        self.init(
            partition: UInt16(truncatingIfNeeded: key.partition),
            start: UInt32(truncatingIfNeeded: created.minute),
            isHour: false
        )
    }

    /// Its minutes since the Unix epoch; those beyond the last one that can be told are left out.
    package var minutes: Range<UInt32> {
        let (end, isBeyond) = self.start.addingReportingOverflow(self.isHour ? Self.hour : 1)
        return self.start..<(isBeyond ? .max : end)
    }

    /// The hour that it is, or is part of.
    package var wholeHour: BucketSpan {
        let start = self.start / Self.hour * Self.hour
        return BucketSpan(partition: self.partition, start: start, isHour: true)
    }

    /// Whether a chunk is one of it.
    package func holds(_ key: Key, created: ClusterTime) -> Bool {
        self.minutes.contains(UInt32(truncatingIfNeeded: created.minute))
            && Int(self.partition) == key.partition
    }

    /// Orders by partition, then by time.
    package static func < (left: Self, right: Self) -> Bool {
        (left.partition, left.start, left.isHour ? 1 : 0) < (
            right.partition, right.start, right.isHour ? 1 : 0
        )
    }
}
