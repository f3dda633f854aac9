internal import Telemetry

/// Everything that is counted in one window: operations, agents, logs, client points, and what sensors add.
struct WindowCounter {
    private let prices: PriceTable
    private let servicesMax: Int
    /// Whether slots of kind ``Series/Kind/distinct`` may be made.
    private let countsDistinct: Bool
    private var operations: OperationCounter
    private var series: SeriesCounter
    private var points: PointCounter
    private var sessions = SessionCounter()
    private(set) var services = ServiceTable()

    init(options: EdgeOptions, started: ClusterTime) {
        self.prices = options.prices
        self.servicesMax = options.limits.servicesMax
        self.countsDistinct = options.frameVersionMax >= 2
        self.operations = OperationCounter(limits: options.limits)
        self.series = SeriesCounter(limits: options.limits)
        self.points = PointCounter(streamsMax: options.limits.seriesMax, started: started)
    }

    /// Values of this window that went to an overflow series.
    var overflowCount: UInt64 {
        self.operations.overflowCount + self.series.overflowCount + self.points.overflowCount
    }

    /// Client points of this window that cannot be true, and were not counted.
    var impossibleCount: UInt64 { self.points.impossibleCount }

    /// The number of a service, which may be empty.
    mutating func service(_ name: String) -> UInt32 {
        self.services.index(name.isEmpty ? "unknown_service" : LabelText.cut(name), limit: self.servicesMax)
    }

    /// Counts one span.
    ///
    /// `notes` is what the scan noted about it, empty where nothing concerns agents; `state` says what a client
    /// already sampled.
    mutating func count(
        _ span: ItemRecord,
        in bytes: RawSpan,
        service: UInt32,
        notes: ArraySlice<AttributeNote>,
        _ state: ProbabilityState
    ) {
        let weight = state.weight
        let isEstimated = state.threshold.map { $0 > 0 } ?? false
        self.operations.count(span, in: bytes, service: service, weight: weight, estimated: isEstimated)
        guard !notes.isEmpty, let call = ModelCall(notes, in: bytes) else { return }
        if self.countsDistinct, let session = call.session { self.sessions.count(session, service: service) }
        call.count(
            span,
            service: self.services.names[Int(service)],
            prices: self.prices,
            weight: weight,
            estimated: isEstimated,
            into: &self.series
        )
    }

    /// Counts one log record.
    mutating func count(log: ItemRecord, service: UInt32) {
        self.series.add(
            Series(
                MetricName.logRecords,
                unit: "{record}",
                kind: .counter,
                subject: .service(self.services.names[Int(service)]),
                attributes: [MetricLabel("severity", SeverityName.text(log.kind))]
            ),
            .counter(nano: 1_000_000_000)
        )
    }

    /// Counts the points of one metric.
    mutating func count(metric: WireReader, service: UInt32, at now: ClusterTime) {
        self.points.count(
            MetricPoints(metric),
            subject: .service(self.services.names[Int(service)]),
            at: now,
            into: &self.series
        )
    }

    /// Counts metrics of a crashed edge again, with what is remembered of its streams before and after them.
    mutating func replay(_ metrics: [PointReplay.Metric], _ streams: inout PointCounter) {
        swap(&self.points, &streams)
        for metric in metrics {
            let service = self.service(metric.service)
            self.count(metric: WireReader(metric.bytes.raw), service: service, at: metric.created)
        }
        self.points.endWindow()
        swap(&self.points, &streams)
    }

    /// Adds a value of a series that somebody measured; one that the frames' version does not have is left out.
    mutating func add(_ series: Series, _ value: SlotValue) {
        if case .distinct = value, !self.countsDistinct { return }
        self.series.add(series, value)
    }

    /// Gives everything counted, and starts afresh; cumulative streams are remembered.
    mutating func drain() -> [(series: Series, value: SlotValue, isEstimated: Bool)] {
        defer { if self.services.names.count >= self.servicesMax { self.services = ServiceTable() } }
        self.points.endWindow()
        let names = self.services.names
        return self.operations.drain(services: names) + self.series.drain()
            + self.sessions.drain(services: names)
    }
}
