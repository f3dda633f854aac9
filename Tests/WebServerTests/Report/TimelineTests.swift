import Pipeline
import Storage
import Telemetry
import Testing

@testable import WebServer

@Suite struct TimelineTests {
    private let second: UInt64 = 1_000_000_000

    private func spans(_ status: String, _ counts: [UInt64: Int]) -> SeriesLine {
        let series = Series(
            MetricName.spanDuration,
            unit: "s",
            kind: .histogram,
            subject: .service("shop"),
            attributes: [MetricLabel("status.code", status)]
        )
        let points = counts.sorted { $0.key < $1.key }.map { start, count in
            var histogram = ExponentialHistogram()
            for _ in 0..<count { histogram.record(1) }
            return SeriesPoint(start: start * self.second, value: .histogram(histogram))
        }
        return SeriesLine(series: series, points: points, isEstimated: false)
    }

    private func busy(_ host: String, _ values: [UInt64: Double]) -> SeriesLine {
        let series = Series("system.linux.cpu.busy", unit: "1", kind: .gauge, subject: .host(host))
        let points = values.sorted { $0.key < $1.key }.map { start, value in
            let time = ClusterTime(nanoseconds: start * self.second)
            return SeriesPoint(start: start * self.second, value: .gauge(GaugeValue(value, at: time)))
        }
        return SeriesLine(series: series, points: points, isEstimated: false)
    }

    private func timeline(_ lines: [SeriesLine], _ from: UInt64, _ to: UInt64, step: UInt64 = 10) -> Timeline
    {
        Timeline(
            lines,
            from: from * self.second,
            to: to * self.second,
            step: step * self.second,
            hosts: ReportHost.all(in: lines, nodes: nil)
        )
    }

    @Test func `calls and errors are counted by step, and divided by its length`() {
        let lines = [self.spans("ok", [100: 20, 110: 30]), self.spans("error", [110: 10])]
        let timeline = self.timeline(lines, 100, 120)
        #expect(timeline.start == 100 * self.second)
        #expect(timeline.calls == [2, 4] && timeline.errors == [0, 1])
    }

    @Test func `a step that the range cuts lasted only as long as what is inside`() {
        let lines = [self.spans("ok", [0: 30, 60: 30, 120: 30])]
        #expect(self.timeline(lines, 30, 150, step: 60).calls == [1, 0.5, 1])
    }

    @Test func `what lies outside of the range is not shown, and an empty range shows nothing`() {
        let lines = [self.spans("ok", [90: 5, 100: 20, 120: 7])]
        #expect(self.timeline(lines, 100, 120).calls == [2, 0])
        #expect(self.timeline(lines, 200, 200).calls.isEmpty)
        #expect(self.timeline(lines, 200, 100).calls.isEmpty)
    }

    @Test func `a host's figures stand at their steps, and gaps are gaps`() throws {
        let lines = [self.busy("a", [100: 0.5, 120: 0.75]), self.busy("b", [110: 1])]
        let timeline = self.timeline(lines, 100, 130)
        #expect(timeline.hosts.map(\.id) == ["a", "b"])
        #expect(timeline.hosts[0].cpu == [0.5, nil, 0.75])
        #expect(timeline.hosts[1].cpu == [nil, 1, nil])
        #expect(timeline.hosts[0].memory == [nil, nil, nil])
    }

    @Test func `any range has few steps that people can read`() {
        for seconds: UInt64 in [0, 1, 10, 59, 600, 601, 3600, 86_400, 86_400 * 30, 86_400 * 3650] {
            let (from, to) = (1_700_000_003 * self.second, (1_700_000_003 + seconds) * self.second)
            let step = Timeline.step(from: from, to: to)
            #expect(step >= Window.nanoseconds)
            let timeline = Timeline([], from: from, to: to, step: step, hosts: [])
            #expect(timeline.calls.count <= Timeline.stepsMax, "\(seconds)")
            #expect(timeline.start + UInt64(timeline.calls.count) * step >= to || seconds == 0, "\(seconds)")
        }
        #expect(Timeline.step(from: 0, to: 3600 * self.second) == 120 * self.second)
        #expect(Timeline.step(from: 5, to: 0) == 10 * self.second)
        #expect(
            Timeline([], from: 0, to: .max, step: Timeline.step(from: 0, to: .max), hosts: []).calls.count
                <= 61
        )
    }
}
