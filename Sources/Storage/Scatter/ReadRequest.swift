package import Telemetry

/// What a node is asked, so that the answers of several can be merged exactly.
package enum ReadRequest: Equatable, Sendable {
    /// The chunks of a trace, with their items.
    case trace(TraceID)
    /// The best hits of a search, by what the node has of each trace.
    case search(SearchQuery)
    /// What is known of the chunks of these traces, and whether they have the attributes.
    case traceParts([TraceID], Signal, [AttributeMatch])
    /// The distinct values of a field, the first so many.
    case values(Term.Field, limit: Int)
    /// Records that fit, chunk by chunk.
    case logs(LogQuery)
    /// Slots that fit, merged per bucket.
    case series(SeriesQuery)
    /// The same of some buckets, chunk by chunk.
    case slots(SeriesQuery, [SlotBucket])

    /// Traces in one request for parts.
    package static let tracesMax = 1024
    /// Buckets in one request for slots.
    package static let bucketsMax = 1 << 16
}

/// The slots of one partition whose frames were made in one period: what nodes compare.
package struct SlotBucket: Hashable, Comparable, Sendable {
    /// That of the chunks' keys.
    package var partition: Int
    /// Periods of ``SeriesQuery/bucketNanoseconds`` since the Unix epoch, by the creation of the chunk's frame.
    package var period: UInt64

    /// A bucket.
    package init(partition: Int, period: UInt64) {
        self.partition = partition
        self.period = period
    }

    /// Orders by partition, then by period.
    package static func < (left: Self, right: Self) -> Bool {
        (left.partition, left.period) < (right.partition, right.period)
    }
}

extension SeriesQuery {
    /// The length of a bucket: an hour; a day where the steps are longer, lest every hour have a line of its own.
    package var bucketNanoseconds: UInt64 {
        let hour = Resolution.hour.nanoseconds
        guard let step = self.step, step > 0, step <= hour else { return hour * 24 }
        return hour
    }

    /// The bucket of a chunk.
    package func bucket(_ key: Key, created: ClusterTime) -> SlotBucket {
        SlotBucket(partition: key.partition, period: created.nanoseconds / self.bucketNanoseconds)
    }
}
