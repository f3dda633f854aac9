import OTLPMessages
import SwiftProtobuf
import Telemetry

@testable import Pipeline

/// Sends metrics to a counter as an edge does, and tells what each of them added to the window.
struct MetricSender {
    /// One added value, with the labels of its series.
    struct Added: Equatable {
        var kind: Series.Kind
        var value: SlotValue
    }

    private var counter: PointCounter
    private var series = SeriesCounter(limits: .door)

    init(streamsMax: Int = 1000, started: ClusterTime = .seconds(0)) {
        self.counter = PointCounter(streamsMax: streamsMax, started: started)
    }

    var overflowCount: UInt64 { self.counter.overflowCount }

    /// What a message added, one value for each series it touched.
    mutating func send(_ metric: OTLPMetric, at seconds: Double) throws -> [Added] {
        self.counter.count(
            try metric.points(),
            subject: .service("service"),
            at: .seconds(seconds),
            into: &self.series
        )
        return self.series.drain().map { Added(kind: $0.series.kind, value: $0.value) }
    }

    /// The number that a sum added; nil where it added nothing.
    mutating func number(_ metric: OTLPMetric, at seconds: Double) throws -> Double? {
        try self.send(metric, at: seconds).first.map { Double($0.value.nanoSum) / 1e9 }
    }

    /// The distribution that a histogram added; nil where it added nothing.
    mutating func histogram(_ metric: OTLPMetric, at seconds: Double) throws -> ExponentialHistogram? {
        guard case .histogram(let histogram) = try self.send(metric, at: seconds).first?.value else {
            return nil
        }
        return histogram
    }
}

extension OTLPMetric {
    /// What the program reads out of the message's bytes.
    func points() throws -> MetricPoints {
        let bytes: [UInt8] = try self.serializedBytes()
        return MetricPoints(WireReader(bytes.raw))
    }

    /// Nanoseconds of a second of the tests' epoch, which may lie before it; zero for none.
    static func time(_ second: Double?) -> UInt64 {
        second.map { ClusterTime.seconds(0).advanced(byNanoseconds: Int64($0 * 1e9)).nanoseconds } ?? 0
    }

    static func gauge(_ value: Double) -> OTLPMetric {
        var point = OTLPNumberDataPoint()
        point.asDouble = value
        var metric = OTLPMetric()
        metric.name = "metric"
        metric.gauge.dataPoints = [point]
        return metric
    }

    /// A sum of one point; times are seconds of the tests' epoch, and nil is zero, which says nothing.
    static func sum(
        _ value: Double,
        start: Double? = nil,
        time: Double? = nil,
        _ temporality: OTLPAggregationTemporality = .cumulative,
        isMonotonic: Bool = true,
        label: String = ""
    ) -> OTLPMetric {
        var point = OTLPNumberDataPoint()
        point.asDouble = value
        point.startTimeUnixNano = OTLPMetric.time(start)
        point.timeUnixNano = OTLPMetric.time(time)
        point.attributes = [.label(label)]
        var metric = OTLPMetric()
        metric.name = "metric"
        metric.sum.dataPoints = [point]
        metric.sum.aggregationTemporality = temporality
        metric.sum.isMonotonic = isMonotonic
        return metric
    }

    static func histogram(
        _ point: OTLPHistogramDataPoint,
        _ temporality: OTLPAggregationTemporality = .cumulative
    ) -> OTLPMetric {
        var metric = OTLPMetric()
        metric.name = "metric"
        metric.histogram.dataPoints = [point]
        metric.histogram.aggregationTemporality = temporality
        return metric
    }

    static func exponential(
        _ point: OTLPExponentialHistogramDataPoint,
        _ temporality: OTLPAggregationTemporality = .cumulative
    ) -> OTLPMetric {
        var metric = OTLPMetric()
        metric.name = "metric"
        metric.exponentialHistogram.dataPoints = [point]
        metric.exponentialHistogram.aggregationTemporality = temporality
        return metric
    }
}

extension OTLPKeyValue {
    fileprivate static func label(_ text: String) -> OTLPKeyValue {
        var pair = OTLPKeyValue()
        pair.key = "label"
        pair.value.stringValue = text
        return pair
    }
}

extension OTLPHistogramDataPoint {
    init(
        _ counts: [UInt64],
        _ bounds: [Double],
        sum: Double? = nil,
        min: Double? = nil,
        max: Double? = nil,
        start: Double? = nil,
        time: Double? = nil
    ) {
        self.init()
        self.bucketCounts = counts
        self.explicitBounds = bounds
        self.count = counts.reduce(UInt64(0)) { $0.saturatingAdd($1) }
        if let sum { self.sum = sum }
        if let min { self.min = min }
        if let max { self.max = max }
        self.startTimeUnixNano = OTLPMetric.time(start)
        self.timeUnixNano = OTLPMetric.time(time)
    }
}

extension OTLPExponentialHistogramDataPoint {
    init(
        scale: Int32,
        positive: [UInt64] = [],
        at offset: Int32 = 0,
        negative: [UInt64] = [],
        negativeAt negativeOffset: Int32 = 0,
        zeros: UInt64 = 0,
        sum: Double? = nil,
        min: Double? = nil,
        max: Double? = nil,
        start: Double? = nil,
        time: Double? = nil
    ) {
        self.init()
        self.scale = scale
        self.positive.offset = offset
        self.positive.bucketCounts = positive
        self.negative.offset = negativeOffset
        self.negative.bucketCounts = negative
        self.zeroCount = zeros
        self.count = (positive + negative + [zeros]).reduce(UInt64(0)) { $0.saturatingAdd($1) }
        if let sum { self.sum = sum }
        if let min { self.min = min }
        if let max { self.max = max }
        self.startTimeUnixNano = OTLPMetric.time(start)
        self.timeUnixNano = OTLPMetric.time(time)
    }
}
