internal import Telemetry

/// Metrics that an edge took before it crashed, to be counted again in the order in which it took them.
struct PointReplay {
    /// One Metric message.
    struct Metric {
        var bytes: [UInt8]
        var service: String
        var created: ClusterTime
        /// Number of the frame, then the place among all that was added: order within a frame is kept.
        var order: (sequence: UInt64, place: Int)
    }

    private var metrics: [Metric] = []

    /// Adds one; frames come in any order, the metrics of a chunk in theirs.
    mutating func add(_ bytes: [UInt8], service: String, sequence: UInt64, created: ClusterTime) {
        self.metrics.append(
            Metric(
                bytes: bytes,
                service: service,
                created: created,
                order: (sequence, self.metrics.count)
            )
        )
    }

    /// Everything by windows, ascending.
    var windows: [(window: Window, metrics: [Metric])] {
        var result: [(window: Window, metrics: [Metric])] = []
        for metric in self.metrics.sorted(by: { $0.order < $1.order }) {
            let window = Window(at: metric.created)
            if result.last?.window != window { result.append((window, [])) }
            result[result.count - 1].metrics.append(metric)
        }
        return result
    }
}
