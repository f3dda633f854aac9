internal import Cluster
internal import OTLP
internal import OTLPMessages
internal import Storage
internal import SwiftProtobuf
internal import Telemetry

/// Asks for everything that a report tells: of the whole cluster where there is one, and all at once.
struct ReportMaker {
    let reader: any TelemetryReader
    let status: any NodeStatus

    /// Traces that are shown as the slowest, and as the latest.
    private static let tracesShown = 10
    /// A trace of more spans is not shown as the example.
    private static let exampleSpansMax = 1000

    /// The report of a range.
    ///
    /// - Parameters:
    ///   - from: Nanoseconds since the Unix epoch.
    ///   - to: The same; not before `from`.
    ///   - isOfThePast: Whether nothing is wanted that is of now, or of the node that answers, alone.
    ///   - withTimeline: Whether steps over the range are wanted, which cost more to gather.
    /// - Returns: What is known; nodes that did not answer are named in it.
    /// - Throws: Whatever the reader throws.
    func report(from: UInt64, to: UInt64, isOfThePast: Bool, withTimeline: Bool) async throws -> Report {
        let all = try await self.reader.seriesAnswer(.windows([], from: from, to: to))
        // One process alone has nobody to agree with.
        let isOfThePast = isOfThePast && self.status.clusterStatus != nil
        async let cluster = isOfThePast ? nil : self.cluster()
        async let recentHits = self.reader.search(
            SearchQuery(from: from, to: to, limit: Self.tracesShown)
        )
        async let slowestHits = self.slowest(from: from, to: to, longestSpan: Self.longestSpan(all.lines))
        async let slowOperations = SlowOperationSearch(reader: self.reader, from: from, to: to).find(
            in: all.lines
        )
        let picture = await cluster
        let hosts = ReportHost.all(in: all.lines, nodes: picture)
        let timeline = withTimeline ? try await self.timeline(from: from, to: to, hosts) : nil
        let (recent, slowest) = (try await recentHits, try await slowestHits)
        let families = isOfThePast ? [] : await self.status.families()
        let components = isOfThePast ? [] : await self.status.components()
        var report = Report(
            from: from,
            to: to,
            identity: self.status.identity,
            host: isOfThePast ? nil : await self.host(to: to, all.lines),
            series: all.lines,
            slowest: slowest.hits,
            recent: recent.hits,
            exampleTrace: try await self.example(slowest.hits),
            accounts: Self.accounts(families, picture),
            failing: components.filter { $0.state == .unhealthy },
            missing: Set(all.missing + recent.missing + slowest.missing + (picture?.missing ?? [])).sorted()
        )
        report.made = self.status.now()
        report.isOfThePast = isOfThePast
        report.hosts = hosts
        report.cluster = picture
        report.slowOperations = try await slowOperations
        report.drops = Self.drops(families, picture)
        report.timeline = timeline
        return report
    }

    /// In seconds; 0 where there are no spans.
    private static func longestSpan(_ lines: [SeriesLine]) -> Double {
        Report.operations(lines).map { $0.durations.count == 0 ? 0 : $0.durations.maximum }.max() ?? 0
    }

    private func cluster() async -> ClusterPicture? {
        guard let cluster = self.status.clusterStatus else { return nil }
        return await ClusterPicture(of: cluster)
    }

    /// The slowest of a bounded number of candidates, found by halving the bar until enough pass it.
    private func slowest(from: UInt64, to: UInt64, longestSpan seconds: Double) async throws -> SearchAnswer {
        // A trace may last longer than any of its spans, but then it passes too.
        var bar = UInt64(exactly: (min(max(seconds, 0), 1e9) * 1e9).rounded()) ?? 0
        while true {
            let query = SearchQuery(from: from, to: to, minDuration: bar, limit: 200)
            var answer = try await self.reader.search(query)
            if answer.hits.count < Self.tracesShown, bar > 0 {
                // Below a microsecond halving is not worth the asking.
                bar = bar > 1000 ? bar / 2 : 0
                continue
            }
            answer.hits.sort { ($1.duration, $0.start) < ($0.duration, $1.start) }
            answer.hits = Array(answer.hits.prefix(Self.tracesShown))
            return answer
        }
    }

    private func example(_ slowest: [TraceHit]) async throws -> [UInt8]? {
        guard let hit = slowest.first, hit.spanCount <= Self.exampleSpansMax else { return nil }
        // It was here a moment ago; where it cannot be read now, the report is good without it.
        guard let stored = try? await self.reader.trace(hit.trace) else { return nil }
        return SeedTrace.json(of: try OTLPTracesData(serializedBytes: stored.spans))
    }

    private func timeline(from: UInt64, to: UInt64, _ hosts: [ReportHost]) async throws -> Timeline {
        // Of the open window nothing is stored yet, and of the last one it may be on its way.
        let closed = Window(at: self.status.now().advanced(byNanoseconds: -2_000_000_000)).start.nanoseconds
        let step = Timeline.step(from: from, to: to)
        let query = SeriesQuery(names: Timeline.names, from: from / step * step, to: to, step: step)
        let lines = try await self.reader.series(query)
        return Timeline(lines, from: from, to: min(to, closed), step: step, hosts: hosts)
    }

    /// The host as it is, where the range ends now; else what is stored of the range.
    private func host(to: UInt64, _ series: [SeriesLine]) async -> HostFigures? {
        let now = self.status.now().nanoseconds
        // Of the open window nothing is stored yet.
        guard to < now - min(Window.nanoseconds, now) else {
            return await self.status.host().map { HostFigures(of: $0) }
        }
        let identity = self.status.identity
        return HostFigures(StoredHost(series, hostID: identity.hostID), name: identity.hostName)
    }

    /// Where every item went: on all nodes that answered, or in this process.
    private static func accounts(_ own: [MetricFamily], _ cluster: ClusterPicture?) -> [MetricFamily] {
        let nodes = cluster?.members.compactMap { $0.figures?.families } ?? [own]
        return MetricFamily.sum(nodes.map { $0.filter { $0.name.hasPrefix("neoscope_items_") } })
    }

    private static func drops(_ own: [MetricFamily], _ cluster: ClusterPicture?) -> [ReportDrop] {
        guard let cluster else { return ReportDrop.united(Drop.all(in: own).map { (nil, $0) }) }
        return ReportDrop.united(
            cluster.members.flatMap { member in
                Drop.all(in: member.figures?.families ?? []).map { (member.record.node.text, $0) }
            }
        )
    }
}

extension SeriesQuery {
    /// A query for all windows that a range touches.
    static func windows(_ names: Set<String>, from: UInt64, to: UInt64) -> SeriesQuery {
        SeriesQuery(names: names, from: from - min(from, Window.nanoseconds), to: to)
    }
}
