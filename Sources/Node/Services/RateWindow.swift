/// The pace of counters over a short while: what they grew by, divided by the time it took; pure.
struct RateWindow {
    private struct Sample {
        var at: Duration
        var counts: [Double]
    }

    private let span: Duration
    private var samples: [Sample] = []

    /// - Parameter span: Rates are over at most so long.
    init(over span: Duration) { self.span = span }

    /// Notes the counters; times never go back, and there are as many counters each time.
    mutating func add(_ counts: [Double], at now: Duration) {
        self.samples.append(Sample(at: now, counts: counts))
        // The oldest that is kept lies at the far end of the span or just beyond it.
        while self.samples.count > 2, now - self.samples[1].at >= self.span { self.samples.removeFirst() }
    }

    /// By the second, counter by counter; zeros before the second sample.
    ///
    /// A counter that fell was reset, and counts from 0.
    var rates: [Double] {
        guard let first = self.samples.first, let last = self.samples.last, last.at > first.at else {
            return self.samples.last.map { [Double](repeating: 0, count: $0.counts.count) } ?? []
        }
        let seconds = (last.at - first.at) / .seconds(1)
        return zip(first.counts, last.counts).map { before, after in
            (after >= before ? after - before : after) / seconds
        }
    }
}
