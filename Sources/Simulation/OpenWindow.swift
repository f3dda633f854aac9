internal import Telemetry

/// What an edge counts of a window that has not closed; its journal keeps it.
struct OpenWindow: Equatable, Sendable {
    /// Services of all edges.
    static let serviceCount = 5
    /// Users of a service: many send more than one frame.
    private static let userCount: UInt64 = 64

    let window: Window
    /// Whose counts they are: the process that counts, and after a crash the next one in its name.
    let run: RunID
    /// By number of the service.
    private(set) var counts = [Int](repeating: 0, count: Self.serviceCount)
    /// What is counted once however often it comes, at this and other edges; by number of the service.
    private var distinct = [HyperLogLog](repeating: HyperLogLog(), count: Self.serviceCount)

    init(_ window: Window, run: RunID) {
        self.window = window
        self.run = run
    }

    /// Counts a frame of an edge; each edge serves two services.
    mutating func count(_ frame: FrameID, edge: Int) {
        let service = (edge + (frame.sequence.isMultiple(of: 2) ? 0 : 2)) % Self.serviceCount
        self.counts[service] += 1
        self.distinct[service].insert(hash: ContentHash.hash64(frame.sequence % Self.userCount, 0))
    }

    /// The final slots, service by service: how many frames; and of some services how they are spread, how high the load
    /// was, and how many users there were.
    var slots: [(key: Key, slots: [Slot])] {
        self.counts.indices.filter { self.counts[$0] > 0 }.map { number in
            let subject = Series.Subject.service("service-\(number)")
            var slots = [
                self.slot(subject, "made", .counter(nano: Int128(self.counts[number]) * 1_000_000_000))
            ]
            if number.isMultiple(of: 2) {
                var histogram = ExponentialHistogram()
                histogram.record(Double(self.counts[number]))
                slots.append(self.slot(subject, "spread", .histogram(histogram)))
            } else {
                let time = self.window.start.advanced(byNanoseconds: Int64(self.counts[number]))
                slots.append(
                    self.slot(subject, "load", .gauge(GaugeValue(Double(self.counts[number]), at: time)))
                )
            }
            if number.isMultiple(of: 3) {
                slots.append(self.slot(subject, "users", .distinct(self.distinct[number])))
            }
            return (.service("service-\(number)"), slots)
        }
    }

    private func slot(_ subject: Series.Subject, _ name: String, _ value: SlotValue) -> Slot {
        Slot(
            series: Series(name, unit: "{frame}", kind: value.kind, subject: subject),
            start: self.window.start.nanoseconds,
            part: 0,
            value: value
        )
    }
}
