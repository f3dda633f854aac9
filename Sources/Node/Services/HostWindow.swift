internal import HostSensors
internal import Telemetry

/// Turns a sample's metrics into values that add up over a window: counters by their steps, the rest as gauges.
struct HostWindow {
    private let hostID: String
    private var last: [Series: Double] = [:]

    init(hostID: String) { self.hostID = hostID }

    mutating func values(
        of metrics: [HostMetric],
        at now: ClusterTime
    ) -> [(series: Series, value: SlotValue)] {
        var result: [(series: Series, value: SlotValue)] = []
        result.reserveCapacity(metrics.count)
        var seen: [Series: Double] = [:]
        for metric in metrics where metric.value.isFinite {
            let series = Series(
                metric.name,
                unit: metric.unit,
                kind: metric.kind == .counter ? .counter : .gauge,
                subject: .host(self.hostID),
                attributes: metric.attributes
            )
            guard metric.kind == .counter else {
                result.append((series, .gauge(GaugeValue(metric.value, at: now))))
                continue
            }
            seen[series] = metric.value
            // A counter that fell was reset: its new value is no step we know.
            guard let before = self.last[series], metric.value >= before else { continue }
            result.append((series, .counter(nano: ExponentialHistogram.nano(metric.value - before))))
        }
        // Series of processes that are gone are forgotten with them.
        self.last = seen
        return result
    }
}
