internal import Telemetry

/// Turns the points that clients send into values of the open window.
///
/// Deltas count as they are. Cumulative streams count by their steps (metrics data model, "Temporality", "Resets and
/// Gaps"):
///
/// - The first point of a stream that began after this edge did counts whole; that of an older stream, or of one
///   whose start is unknown, not at all.
/// - A stream that begins anew, by a later start or by a fallen value, counts whole.
/// - Points that share a name and attributes but not their start are streams of their own, so that several processes
///   of one service do not look like one process that restarts with every point.
/// - A point that is no later than the last one of its stream came late or twice, and says nothing new.
/// - A stream that cannot be remembered does not count, as nobody would know its next step.
struct PointCounter {
    private enum Total {
        /// In billionths of the unit, so that steps add up to what the stream says.
        case number(Int128)
        case histogram(PointHistogram)
    }

    /// What one process sends of a series between two restarts.
    private struct Stream {
        var start: UInt64
        /// Of its last point, by the sender's clock; zero where unknown.
        var time: UInt64
        var total: Total
        /// The window in which the stream last spoke; silent streams are forgotten first.
        var window: UInt64

        /// Takes the stream's next point; one that is late, or came twice, changes nothing.
        mutating func advance(to total: Total, at time: UInt64, _ window: UInt64) -> Share {
            self.window = max(self.window, window)
            guard time == 0 || time > self.time else { return .nothing }
            defer {
                self.total = total
                self.time = max(self.time, time)
            }
            return .since(self.total)
        }

        /// Whether the other stream is this one begun anew: it starts where this one had ended.
        func isFollowed(by other: Self) -> Bool { self.start < other.start && self.time <= other.start }

        /// Whether it may be forgotten in a window.
        func isSilent(in window: UInt64) -> Bool { self.window.saturatingAdd(silentWindowsMax) < window }
    }

    /// How much of a cumulative point counts.
    private enum Share {
        case nothing
        case whole
        case since(Total)
    }

    /// Streams that were silent for more windows than these five minutes may be forgotten.
    private static let silentWindowsMax: UInt64 = 30
    /// Starts remembered of one series: the processes of a service, and what they were before they restarted.
    private static let startsMax = 256

    private let streamsMax: Int
    /// A stream that is not known and began before was counted by somebody else, or before it was forgotten.
    private var wholeFrom: UInt64
    private var streams: [Series: [Stream]] = [:]
    private var streamCount = 0
    private var lastForgetting: UInt64?

    /// Points of cumulative streams that found no room; they were not counted.
    private(set) var overflowCount: UInt64 = 0

    /// Points that cannot be true; they were not counted.
    private(set) var impossibleCount: UInt64 = 0

    /// - Parameters:
    ///   - streamsMax: Cumulative streams remembered at once.
    ///   - started: When the edge began to watch.
    init(streamsMax: Int, started: ClusterTime) {
        self.streamsMax = streamsMax
        self.wholeFrom = max(started.nanoseconds, 1)
    }

    /// Takes streams that begin from now on for new.
    mutating func watch(from start: ClusterTime) { self.wholeFrom = max(self.wholeFrom, start.nanoseconds) }

    /// Begins to count afresh what was not counted; streams are remembered.
    mutating func endWindow() {
        self.overflowCount = 0
        self.impossibleCount = 0
    }

    /// Adds one metric's points to the window's series.
    mutating func count(
        _ metric: MetricPoints,
        subject: Series.Subject,
        at now: ClusterTime,
        into counter: inout SeriesCounter
    ) {
        self.impossibleCount = self.impossibleCount.saturatingAdd(metric.impossibleCount)
        for point in metric.points {
            guard let kind = metric.kind(of: point) else {
                self.impossibleCount = self.impossibleCount.saturatingAdd(1)
                continue
            }
            let series = Series(
                metric.name,
                unit: metric.unit,
                kind: kind,
                subject: subject,
                attributes: point.attributes
            )
            let isDelta = metric.temporality == .delta
            switch (kind, point.value) {
            case (.gauge, .number(let number)):
                counter.add(series, .gauge(GaugeValue(number.value, at: now)))
            case (.counter, .number(let number)):
                let nano = number.nano
                guard let step = isDelta ? nano : self.step(to: nano, point, series, now) else { continue }
                counter.add(series, .counter(nano: step))
            case (.histogram, .histogram(let total)):
                guard let step = isDelta ? total : self.step(to: total, point, series, now) else { continue }
                counter.add(series, .histogram(step.distribution))
            default: break
            }
        }
    }

    private mutating func step(
        to value: Int128,
        _ point: MetricPoints.Point,
        _ series: Series,
        _ now: ClusterTime
    ) -> Int128? {
        switch self.remember(.number(value), of: point, series, now) {
        case .whole: value
        case .since(.number(let last)): value >= last ? value - last : value
        case .since, .nothing: nil
        }
    }

    private mutating func step(
        to value: PointHistogram,
        _ point: MetricPoints.Point,
        _ series: Series,
        _ now: ClusterTime
    ) -> PointHistogram? {
        switch self.remember(.histogram(value), of: point, series, now) {
        case .whole: value
        case .since(.histogram(let last)): value.since(last) ?? value
        case .since, .nothing: nil
        }
    }
}

extension PointCounter {
    /// Notes the point as its stream's last one, and tells what it adds.
    private mutating func remember(
        _ total: Total,
        of point: MetricPoints.Point,
        _ series: Series,
        _ now: ClusterTime
    ) -> Share {
        let window = Window(at: now).index
        if let index = self.streams[series]?.firstIndex(where: { $0.start == point.start }) {
            return self.streams[series]?[index].advance(to: total, at: point.time, window) ?? .nothing
        }
        guard self.makeRoom(for: series, in: window, now), series.attributes.count <= Series.attributesMax
        else {
            self.overflowCount = self.overflowCount.saturatingAdd(1)
            return .nothing
        }
        let stream = Stream(start: point.start, time: point.time, total: total, window: window)
        let isReset = self.streams[series]?.contains { $0.isFollowed(by: stream) } ?? false
        self.streams[series, default: []].append(stream)
        self.streamCount += 1
        return isReset || point.start >= self.wholeFrom ? .whole : .nothing
    }

    /// Whether one more stream can be remembered; where there is no room, silent ones go.
    private mutating func makeRoom(for series: Series, in window: UInt64, _ now: ClusterTime) -> Bool {
        if let streams = self.streams[series], streams.count >= Self.startsMax {
            self.forget(series, streams, in: window, now)
        }
        // Looking through all of them for each new stream would cost too much; nobody falls silent within a window.
        if self.streamCount >= self.streamsMax, self.lastForgetting != window {
            self.lastForgetting = window
            for (series, streams) in self.streams { self.forget(series, streams, in: window, now) }
        }
        return self.streamCount < self.streamsMax && self.streams[series]?.count ?? 0 < Self.startsMax
    }

    private mutating func forget(
        _ series: Series,
        _ streams: [Stream],
        in window: UInt64,
        _ now: ClusterTime
    ) {
        let silent = streams.filter { $0.isSilent(in: window) }
        guard let latest = silent.map(\.start).max() else { return }
        // One of them may speak again, and then its first point must not count whole a second time.
        self.wholeFrom = max(self.wholeFrom, min(latest, now.nanoseconds).saturatingAdd(1))
        let kept = streams.filter { !$0.isSilent(in: window) }
        self.streams[series] = kept.isEmpty ? nil : kept
        self.streamCount -= silent.count
    }
}

extension MetricPoints {
    /// How a point's value counts; nil for one that cannot be true.
    ///
    /// A cumulative sum that can fall is a state. One that cannot fall is never negative.
    fileprivate func kind(of point: Point) -> Series.Kind? {
        switch (self.shape, point.value) {
        case (.gauge, .number(let number)): number.value.isFinite ? .gauge : nil
        case (.sum(let isMonotonic), .number(let number)):
            if !number.value.isFinite || isMonotonic && number.value < 0 {
                nil
            } else {
                isMonotonic || self.temporality == .delta ? .counter : .gauge
            }
        case (.histogram, .histogram): .histogram
        default: nil
        }
    }
}
