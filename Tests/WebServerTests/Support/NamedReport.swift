import Cluster
import Pipeline
import Storage
import Telemetry

@testable import WebServer

/// A report of everything, in which every text of others is one name.
enum NamedReport {
    private static let from: UInt64 = 1_700_000_000_000_000_000

    static func make(_ name: String, isClustered: Bool = true) -> Report {
        var hit = TraceHit(trace: TraceID(high: 1, low: 2))
        (hit.start, hit.end, hit.rootService, hit.rootName) = (self.from, self.from + 5, name, name)
        let lines = self.lines(name)
        let picture = isClustered ? self.picture(name) : nil
        var report = Report(
            from: self.from,
            to: self.from + 60_000_000_000,
            identity: NodeIdentity(
                hostName: name,
                hostID: name,
                version: "1",
                run: RunID(high: 1, low: 1),
                started: ClusterTime(nanoseconds: 0)
            ),
            host: nil,
            series: lines,
            slowest: [hit],
            recent: [],
            exampleTrace: nil,
            accounts: [],
            failing: [ComponentHealth("disk", .unhealthy, detail: name)],
            missing: [name]
        )
        report.hosts = ReportHost.all(in: lines, nodes: picture)
        report.cluster = picture
        report.slowOperations = report.operations.map { operation in
            SlowOperation(operation: operation, example: .init(trace: hit.trace, duration: 7))
        }
        let drop = Drop(kind: .dropped, signal: name, stage: name, reason: name, count: 3)
        report.drops = [ReportDrop(drop: drop, nodes: [name])]
        report.timeline = Timeline(
            lines,
            from: self.from,
            to: report.to,
            step: 10_000_000_000,
            hosts: report.hosts
        )
        return report
    }

    private static func picture(_ name: String) -> ClusterPicture {
        var cluster = FakeCluster([.alive, .alive, .leaving, .suspect, .dead, .left])
        for node in cluster.shownFigures.keys {
            cluster.shownFigures[node]?.hostName = name
            cluster.shownFigures[node]?.hostID = name
        }
        return ClusterPicture(
            cluster: name,
            node: cluster.node,
            view: cluster.view,
            figures: cluster.shownFigures
        )
    }

    private static func lines(_ name: String) -> [SeriesLine] {
        var histogram = ExponentialHistogram()
        for value in [0.001, 0.02, 0.3] { histogram.record(value) }
        let (calls, gauge) = (
            SlotValue.histogram(histogram),
            SlotValue.gauge(GaugeValue(0.5, at: ClusterTime(nanoseconds: self.from)))
        )
        let (service, host) = (Series.Subject.service(name), Series.Subject.host(name))
        let span = ["span.name": name, "span.kind": name, "status.code": "error"]
        return [
            self.line(MetricName.spanDuration, service, span, calls),
            self.line(MetricName.modelDuration, service, ["gen_ai.request.model": name], calls),
            self.line(MetricName.toolDuration, service, ["gen_ai.tool.name": name], calls),
            self.line("system.linux.cpu.busy", host, [:], gauge),
            self.line("neoscope.host.info", host, ["host.name": name], gauge),
        ]
    }

    private static func line(
        _ metric: String,
        _ subject: Series.Subject,
        _ labels: [String: String],
        _ value: SlotValue
    ) -> SeriesLine {
        let attributes = labels.map { MetricLabel($0.key, $0.value) }
        let kind: Series.Kind = if case .histogram = value { .histogram } else { .gauge }
        return SeriesLine(
            series: Series(metric, unit: "1", kind: kind, subject: subject, attributes: attributes),
            points: [SeriesPoint(start: self.from, value: value)],
            isEstimated: true
        )
    }
}
