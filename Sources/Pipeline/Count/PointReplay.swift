internal import Telemetry

/// Metrics that edges took before they crashed, to be counted again in the order in which each took them.
struct PointReplay {
    /// One Metric message.
    struct Metric {
        var bytes: [UInt8]
        var service: String
        var created: ClusterTime
        var run: RunID
        /// Number of the frame, then the place among all that was added: order within a frame is kept.
        var order: (sequence: UInt64, place: UInt64)

        /// What it takes in memory, about.
        var cost: Int { self.bytes.count + 192 }
    }

    private let bytesMax: Int
    private var byteCount = 0
    private var metrics: [Metric] = []
    private var addedCount: UInt64 = 0
    /// Whatever was taken at this time or later found room.
    private(set) var completeFrom = ClusterTime(nanoseconds: 0)
    /// Metrics that found none.
    private(set) var droppedCount: UInt64 = 0

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Adds one; frames come in any order, the metrics of a chunk in theirs.
    mutating func add(_ bytes: [UInt8], service: String, of frame: FrameID, created: ClusterTime) {
        guard created >= self.completeFrom else {
            self.droppedCount += 1
            return
        }
        self.addedCount += 1
        let metric = Metric(
            bytes: bytes,
            service: service,
            created: created,
            run: frame.run,
            order: (frame.sequence, self.addedCount)
        )
        self.metrics.append(metric)
        self.byteCount += metric.cost
        if self.byteCount > self.bytesMax { self.dropOldest() }
    }

    /// Makes half of the room free; what was taken at one time goes together.
    private mutating func dropOldest() {
        self.metrics.sort { ($0.created, $0.order.place) < ($1.created, $1.order.place) }
        var count = 0
        while count < self.metrics.count,
            self.byteCount > self.bytesMax / 2 || self.metrics[count].created < self.completeFrom
        {
            self.completeFrom = self.metrics[count].created.advanced(byNanoseconds: 1)
            self.byteCount -= self.metrics[count].cost
            count += 1
        }
        self.metrics.removeFirst(count)
        self.droppedCount += UInt64(count)
    }

    /// Everything by run and window, ascending; nothing is left.
    mutating func drain() -> [(run: RunID, windows: [(window: Window, metrics: [Metric])])] {
        self.metrics.sort {
            ($0.run, $0.order.sequence, $0.order.place) < ($1.run, $1.order.sequence, $1.order.place)
        }
        var result: [(run: RunID, windows: [(window: Window, metrics: [Metric])])] = []
        for metric in self.metrics {
            let window = Window(at: metric.created)
            if result.last?.run != metric.run { result.append((metric.run, [])) }
            let last = result.count - 1
            if result[last].windows.last?.window != window { result[last].windows.append((window, [])) }
            result[last].windows[result[last].windows.count - 1].metrics.append(metric)
        }
        self.metrics.removeAll()
        self.byteCount = 0
        return result
    }
}
