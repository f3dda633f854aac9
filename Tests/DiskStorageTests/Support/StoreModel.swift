import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// What a store must hold, kept in memory in the simplest way.
struct StoreModel {
    /// What arrived together: a trace's spans of one frame.
    struct Part {
        var created: ClusterTime
        var spans: [TestSpan]

        var start: UInt64 { self.spans.map(\.start).min() ?? 0 }
        var end: UInt64 { self.spans.map { max($0.start, $0.end) }.max() ?? 0 }
    }

    private(set) var parts: [TraceID: [Part]] = [:]
    private(set) var logs: [(created: ClusterTime, record: TestLog)] = []
    private(set) var slots: [(created: ClusterTime, slot: Slot)] = []
    /// Every trace that ever was.
    private(set) var known: Set<TraceID> = []

    mutating func add(_ spans: [TestSpan], at created: ClusterTime) {
        for (id, group) in Dictionary(grouping: spans, by: \.trace) {
            self.parts[id, default: []].append(Part(created: created, spans: group))
            self.known.insert(id)
        }
    }

    mutating func add(_ records: [TestLog], at created: ClusterTime) {
        self.logs += records.map { (created, $0) }
        self.known.formUnion(records.compactMap(\.trace))
    }

    mutating func add(slotsOf frames: [SealedFrame]) throws {
        for sealed in frames {
            let payload = try sealed.frame.payload(sealed.bytes.raw)
            for entry in sealed.frame.entries {
                try payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                    var reader = WireReader(payload.bytes.raw, range)
                    self.slots.append((sealed.header.created, try Slot(from: &reader)))
                }
            }
        }
    }

    mutating func purge(_ id: TraceID) {
        self.parts[id] = nil
        self.logs.removeAll { $0.record.trace == id }
    }

    mutating func purge(before time: ClusterTime) {
        for id in self.parts.keys { self.parts[id]?.removeAll { $0.created < time } }
        self.parts = self.parts.filter { !$0.value.isEmpty }
        self.logs.removeAll { $0.created < time }
        self.slots.removeAll { $0.created < time }
    }

    /// Compares everything that can be asked; `isComplete` is what answers are to say of themselves.
    func check(
        _ store: any TelemetryReader,
        _ random: inout SplitMix64,
        _ comment: Comment,
        isComplete: Bool = true
    ) async throws {
        for id in self.known.sorted() {
            let expected = multiset((self.parts[id] ?? []).flatMap { $0.spans.map(\.bytes) })
            let records = multiset(self.logs.filter { $0.record.trace == id }.map(\.record.bytes))
            let trace = try await store.trace(id)
            #expect(multiset(OTLPItems.bodies(trace?.spans ?? [])) == expected, comment)
            #expect(multiset(OTLPItems.bodies(trace?.logs ?? [])) == records, comment)
            #expect((trace?.duplicateCount ?? 0) == 0 && (trace?.damagedFrames ?? 0) == 0, comment)
        }
        for _ in 0..<3 {
            try await self.checkSearch(store, Self.query(&random), comment, isComplete: isComplete)
        }
        try await self.checkSeries(store, comment)
        try await self.checkLogs(store, &random, comment, isComplete)
        let values = Set(
            self.parts.values.joined().flatMap { $0.spans.map(\.service) } + self.logs.map(\.record.service)
        )
        #expect(try await store.values(.service, limit: 99) == values.sorted(), comment)
    }

    /// Every hit fits as a whole, and every trace of which one part alone fits is there.
    ///
    /// Between the two lie traces that fit only together: they are found once their parts share a segment.
    func checkSearch(
        _ store: any TelemetryReader,
        _ query: SearchQuery,
        _ step: Comment,
        isComplete: Bool = true
    ) async throws {
        let comment: Comment = "\(step), \(query)"
        let fitting = self.parts.filter { _, parts in Self.fits(parts, query) }
        let certain = fitting.filter { _, parts in parts.contains { Self.fits([$0], query) } }
        let answer = try await store.search(query)
        #expect(answer.isComplete == (isComplete || query.limit == 0), comment)
        #expect(answer.hits.count <= query.limit, comment)
        #expect(answer.hits.map(\.start) == answer.hits.map(\.start).sorted(by: >), comment)
        #expect(Set(answer.hits.map(\.trace)).count == answer.hits.count, comment)
        for hit in answer.hits {
            let spans = (fitting[hit.trace] ?? []).flatMap(\.spans)
            #expect(hit.spanCount == spans.count && hit.errorCount == spans.count(where: \.isError), comment)
            #expect(hit.start == spans.map(\.start).min(), comment)
            #expect(hit.end == spans.map { max($0.start, $0.end) }.max(), comment)
        }
        let found = Set(answer.hits.map(\.trace))
        let last = answer.hits.count == query.limit ? answer.hits.last?.start ?? 0 : 0
        for (trace, parts) in certain where (parts.map(\.start).min() ?? 0) > last {
            #expect(found.contains(trace), comment)
        }
    }

    private static func fits(_ parts: [Part], _ query: SearchQuery) -> Bool {
        let spans = parts.flatMap(\.spans)
        let start = parts.map(\.start).min() ?? 0
        let end = parts.map(\.end).max() ?? 0
        return start <= query.to && end >= query.from && end - start >= query.minDuration
            && end - start <= query.maxDuration && (!query.onlyErrors || spans.contains(where: \.isError))
            && query.terms.allSatisfy { term in spans.contains { Self.has($0, term) } }
    }

    private func checkSeries(_ store: any TelemetryReader, _ comment: Comment) async throws {
        let query = SeriesQuery(step: 3_600_000_000_000)
        var merger = SeriesMerger(query)
        for (_, slot) in self.slots { merger.add(slot) }
        let expected = merger.result
        let lines = try await store.series(query)
        #expect(lines.map(\.series) == expected.map(\.series), comment)
        for (line, other) in zip(lines, expected) {
            #expect(line.points.map(\.start) == other.points.map(\.start), comment)
            #expect(line.points.map(\.value) == other.points.map(\.value), comment)
        }
    }

    private func checkLogs(
        _ store: any TelemetryReader,
        _ random: inout SplitMix64,
        _ comment: Comment,
        _ isComplete: Bool
    ) async throws {
        var query = LogQuery(limit: .max)
        if random.chance(perMille: 500) { query.service = Self.services[random.below(Self.services.count)] }
        if random.chance(perMille: 300) {
            query.trace = self.logs.randomElement(using: &random)?.record.trace
        }
        if random.chance(perMille: 300) { query.minSeverity = 13 }
        let answer = try await store.logs(query)
        let expected = self.logs.map(\.record).filter { record in
            (query.service == nil || record.service == query.service)
                && (query.trace == nil || record.trace == query.trace) && record.severity >= query.minSeverity
        }
        #expect(multiset(OTLPItems.bodies(answer.logs)) == multiset(expected.map(\.bytes)), comment)
        #expect(answer.isComplete == isComplete && answer.count == expected.count, comment)
    }

    static let services = ["checkout", "cart", "pay"]

    private static func has(_ span: TestSpan, _ term: Term) -> Bool {
        switch term.field {
        case .service: span.service == term.value
        case .operation: span.service + "\0" + span.name == term.value
        case .session: span.attributes["session.id"] == term.value
        default: false
        }
    }

    static func query(_ random: inout SplitMix64) -> SearchQuery {
        var query = SearchQuery(limit: [1, 3, 10, 1_000][random.below(4)])
        let base = TestEdge.epoch.nanoseconds
        if random.chance(perMille: 400) { query.terms.append(Term(.service, Self.services[random.below(3)])) }
        if random.chance(perMille: 300) {
            query.terms.append(
                .operation(service: Self.services[random.below(3)], name: "op \(random.below(4))")
            )
        }
        if random.chance(perMille: 200) { query.terms.append(Term(.session, "ses_\(random.below(3))")) }
        if random.chance(perMille: 200) { query.from = base + UInt64(random.below(7_200)) * 1_000_000_000 }
        if random.chance(perMille: 200) { query.to = base + UInt64(random.below(7_200)) * 1_000_000_000 }
        if random.chance(perMille: 200) { query.minDuration = UInt64(random.below(1 << 30)) }
        query.onlyErrors = random.chance(perMille: 200)
        return query
    }

    /// Spans of some traces, that start about now.
    static func spans(_ ids: [TraceID], at now: ClusterTime, _ random: inout SplitMix64) -> [TestSpan] {
        ids.flatMap { id in
            (0...random.below(4)).map { _ in
                var span = TestSpan(trace: id, span: random.spanID().bits)
                span.service = Self.services[random.below(Self.services.count)]
                span.name = "op \(random.below(4))"
                span.start = now.nanoseconds + UInt64(random.below(1_000_000)) * 1_000
                span.end = span.start + UInt64(random.below(1 << 29))
                span.isError = random.chance(perMille: 100)
                span.parent = random.chance(perMille: 700) ? random.next() : 0
                if random.chance(perMille: 300) { span.attributes["session.id"] = "ses_\(random.below(3))" }
                return span
            }
        }
    }

    static func logs(_ ids: [TraceID], at now: ClusterTime, _ random: inout SplitMix64) -> [TestLog] {
        (0..<random.below(9)).map { _ in
            TestLog(
                trace: random.chance(perMille: 700) ? ids.randomElement(using: &random) : nil,
                service: Self.services[random.below(Self.services.count)],
                time: now.nanoseconds + UInt64(random.below(1 << 30)),
                severity: [5, 9, 17][random.below(3)],
                body: "record \(random.below(5))"
            )
        }
    }

    /// Values for a few series.
    static func values(_ random: inout SplitMix64) -> [(series: Series, value: SlotValue)] {
        (0..<random.below(6)).map { _ in
            let service = Self.services[random.below(Self.services.count)]
            if random.chance(perMille: 500) {
                let series = Series("calls", unit: "{call}", kind: .counter, subject: .service(service))
                return (series, .counter(nano: Int128(random.below(1_000))))
            }
            if random.chance(perMille: 300) {
                var sketch = HyperLogLog()
                sketch.insert(hash: random.next())
                let series = Series("users", unit: "{user}", kind: .distinct, subject: .service(service))
                return (series, .distinct(sketch))
            }
            var histogram = ExponentialHistogram()
            histogram.record(Double(1 + random.below(1_000)))
            let series = Series("time", unit: "s", kind: .histogram, subject: .service(service))
            return (series, .histogram(histogram))
        }
    }
}
