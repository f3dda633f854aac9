import Telemetry

/// The messages of metrics.proto.
extension ProtobufWriter {
    /// A Metric of a scope group; times are nanoseconds since the Unix epoch.
    mutating func metric(_ metric: MetricDraft, from start: UInt64, to now: UInt64) {
        guard !metric.points.isEmpty else { return }
        self.message(2, reserving: 2) { message in
            message.text(1, metric.name)
            message.text(3, metric.unit)
            message.message(metric.shape.field, reserving: 2) { data in
                for point in metric.points {
                    data.message(1, reserving: 2) { $0.point(point, from: start, to: now) }
                }
                switch metric.shape {
                case .gauge: break
                case .sum(let isMonotonic):
                    data.integer(2, 2)
                    if isMonotonic { data.integer(3, 1) }
                case .histogram, .exponentialHistogram: data.integer(2, 2)
                }
            }
        }
    }

    private mutating func point(_ point: MetricDraft.Point, from start: UInt64, to now: UInt64) {
        // Fields stand in the order of their numbers; the exponential histogram has its attributes first.
        if case .exponential = point.value { self.attributes(1, point.attributes) }
        if start != 0 { self.fixed64(2, start) }
        if now != 0 { self.fixed64(3, now) }
        switch point.value {
        case .number(let number):
            self.double(4, number)
            self.attributes(7, point.attributes)
        case .integer(let integer):
            self.fixed64(6, UInt64(bitPattern: integer))
            self.attributes(7, point.attributes)
        case .histogram(let histogram): self.explicit(histogram, of: point)
        case .exponential(let histogram): self.exponential(histogram)
        }
    }

    private mutating func explicit(_ histogram: ExplicitHistogram, of point: MetricDraft.Point) {
        self.fixed64(4, histogram.count)
        self.double(5, histogram.sum)
        self.packedFixed64(6, histogram.counts)
        self.packedFixed64(7, histogram.bounds.lazy.map(\.bitPattern))
        if let exemplar = point.exemplar {
            self.message(8) { message in
                message.fixed64(2, exemplar.time)
                message.double(3, exemplar.value)
                message.spanID(4, exemplar.span)
                message.traceID(5, exemplar.trace)
            }
        }
        self.attributes(9, point.attributes)
        if histogram.count > 0 {
            self.double(11, histogram.minimum)
            self.double(12, histogram.maximum)
        }
    }

    private mutating func exponential(_ histogram: ExponentialHistogram) {
        self.fixed64(4, histogram.count)
        self.double(5, histogram.sum)
        if histogram.scale != 0 { self.zigzag(6, Int32(truncatingIfNeeded: histogram.scale)) }
        if histogram.zeroCount > 0 { self.fixed64(7, histogram.zeroCount) }
        self.message(8) { buckets in
            if histogram.positive.offset != 0 { buckets.zigzag(1, histogram.positive.offset) }
            buckets.packedVarints(2, histogram.positive.counts)
        }
        if histogram.count > 0 {
            self.double(12, histogram.minimum)
            self.double(13, histogram.maximum)
        }
    }
}

extension MetricDraft.Shape {
    /// The field of Metric that holds the data.
    fileprivate var field: UInt64 {
        switch self {
        case .gauge: 5
        case .sum: 7
        case .histogram: 9
        case .exponentialHistogram: 10
        }
    }
}
