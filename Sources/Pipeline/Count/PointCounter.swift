internal import Telemetry

/// Turns the points that clients send into values of the open window.
///
/// Deltas count as they are. Cumulative streams count by their steps: the first point of a stream that began after
/// this edge did counts whole, that of an older stream not at all; a stream that begins anew counts whole (metrics
/// data model, "Temporality", "Resets and Gaps").
struct PointCounter {
    private enum Last {
        case number(Double, start: UInt64)
        case histogram(ExponentialHistogram, start: UInt64)
    }

    private struct Stream {
        var last: Last
        /// The window in which the stream last spoke; silent streams are forgotten first.
        var window: UInt64
    }

    private let streamsMax: Int
    private let started: ClusterTime
    private var streams: [Series: Stream] = [:]

    /// - Parameters:
    ///   - streamsMax: Cumulative streams remembered at once.
    ///   - started: When the edge began to watch.
    init(streamsMax: Int, started: ClusterTime) {
        self.streamsMax = streamsMax
        self.started = started
    }

    /// Adds one metric's points to the window's series.
    mutating func count(
        _ metric: MetricPoints,
        subject: Series.Subject,
        at now: ClusterTime,
        into counter: inout SeriesCounter
    ) {
        for point in metric.points {
            guard let (kind, value) = self.value(of: point, metric, subject, now) else { continue }
            counter.add(
                Series(
                    metric.name,
                    unit: metric.unit,
                    kind: kind,
                    subject: subject,
                    attributes: point.attributes
                ),
                value
            )
        }
    }

    private mutating func value(
        of point: MetricPoints.Point,
        _ metric: MetricPoints,
        _ subject: Series.Subject,
        _ now: ClusterTime
    ) -> (Series.Kind, SlotValue)? {
        switch (metric.shape, point.value) {
        case (.gauge, .number(let number)): return Self.gauge(number, now)
        case (.sum(isMonotonic: false), .number(let number)) where metric.temporality != .delta:
            return Self.gauge(number, now)
        case (.sum, .number(let number)):
            guard number.isFinite else { return nil }
            let step =
                metric.temporality == .delta
                ? number
                : self.step(to: number, self.identity(metric, subject, point, .counter), point.start, now)
            return step.map { (.counter, .counter(nano: ExponentialHistogram.nano($0))) }
        case (.histogram, .histogram(let histogram)):
            let step =
                metric.temporality == .delta
                ? histogram
                : self.step(
                    to: histogram,
                    self.identity(metric, subject, point, .histogram),
                    point.start,
                    now
                )
            return step.map { (.histogram, .histogram($0)) }
        default: return nil
        }
    }

    private static func gauge(_ number: Double, _ now: ClusterTime) -> (Series.Kind, SlotValue)? {
        number.isFinite ? (.gauge, .gauge(GaugeValue(number, at: now))) : nil
    }

    private func identity(
        _ metric: MetricPoints,
        _ subject: Series.Subject,
        _ point: MetricPoints.Point,
        _ kind: Series.Kind
    ) -> Series {
        Series(metric.name, unit: metric.unit, kind: kind, subject: subject, attributes: point.attributes)
    }

    private mutating func step(
        to value: Double,
        _ series: Series,
        _ start: UInt64,
        _ now: ClusterTime
    ) -> Double? {
        defer { self.remember(series, .number(value, start: start), now) }
        if case .number(let last, let lastStart) = self.streams[series]?.last {
            return start == lastStart && value >= last ? value - last : value
        }
        return start >= self.started.nanoseconds ? value : nil
    }

    private mutating func step(
        to value: ExponentialHistogram,
        _ series: Series,
        _ start: UInt64,
        _ now: ClusterTime
    ) -> ExponentialHistogram? {
        defer { self.remember(series, .histogram(value, start: start), now) }
        if case .histogram(let last, let lastStart) = self.streams[series]?.last {
            return start == lastStart ? value.since(last) ?? value : value
        }
        return start >= self.started.nanoseconds ? value : nil
    }

    private mutating func remember(_ series: Series, _ last: Last, _ now: ClusterTime) {
        let window = Window(at: now).index
        if self.streams.count >= self.streamsMax, self.streams[series] == nil { self.forget(before: window) }
        guard self.streams.count < self.streamsMax || self.streams[series] != nil else { return }
        self.streams[series] = Stream(last: last, window: window)
    }

    /// Makes room: streams that have been silent for five minutes go.
    private mutating func forget(before window: UInt64) {
        self.streams = self.streams.filter { $0.value.window + 30 >= window }
    }
}
