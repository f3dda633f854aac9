import Telemetry
import Testing

@testable import HostSensors
@testable import Node

@Suite struct HostWindowTests {
    private static let now = ClusterTime(nanoseconds: 5)

    private func metric(
        _ name: String,
        _ kind: HostMetric.Kind,
        _ value: Double,
        _ label: String = ""
    ) -> HostMetric {
        let attributes = label.isEmpty ? [] : [MetricLabel("device", label)]
        return HostMetric(name: name, unit: "s", kind: kind, attributes: attributes, value: value)
    }

    private func steps(_ window: inout HostWindow, _ metrics: [HostMetric]) -> [String: Double] {
        var result: [String: Double] = [:]
        for (series, value) in window.values(of: metrics, at: Self.now) {
            let name = series.name + (series["device"] ?? "")
            switch value {
            case .counter(let nano): result[name] = Double(nano) / 1e9
            case .gauge(let gauge): result[name] = gauge.last
            case .histogram, .distinct: result[name] = .nan
            }
            #expect(series.subject == .host("id") && series.unit == "s")
        }
        return result
    }

    @Test func `counters count by their steps, from the second sample on`() {
        var window = HostWindow(hostID: "id")
        #expect(self.steps(&window, [self.metric("cpu", .counter, 100)]) == [:])
        #expect(self.steps(&window, [self.metric("cpu", .counter, 100.25)]) == ["cpu": 0.25])
        #expect(self.steps(&window, [self.metric("cpu", .counter, 100.25)]) == ["cpu": 0])
    }

    @Test func `a counter that fell says nothing, and counts from there`() {
        var window = HostWindow(hostID: "id")
        _ = self.steps(&window, [self.metric("cpu", .counter, 100)])
        #expect(self.steps(&window, [self.metric("cpu", .counter, 3)]) == [:])
        #expect(self.steps(&window, [self.metric("cpu", .counter, 5)]) == ["cpu": 2])
    }

    @Test func `a counter that was away for a sample starts anew`() {
        var window = HostWindow(hostID: "id")
        _ = self.steps(
            &window,
            [self.metric("io", .counter, 10, "sda"), self.metric("io", .counter, 1, "sdb")]
        )
        #expect(self.steps(&window, [self.metric("io", .counter, 2, "sdb")]) == ["iosdb": 1])
        #expect(
            self.steps(
                &window,
                [self.metric("io", .counter, 50, "sda"), self.metric("io", .counter, 3, "sdb")]
            ) == ["iosdb": 1]
        )
    }

    @Test func `states are gauges, and what is no number is left out`() {
        var window = HostWindow(hostID: "id")
        let shown = self.steps(
            &window,
            [
                self.metric("load", .gauge, 1.5), self.metric("memory", .updown, 9),
                self.metric("bad", .gauge, .nan),
                self.metric("worse", .counter, .infinity),
            ]
        )
        #expect(shown == ["load": 1.5, "memory": 9])
    }
}
