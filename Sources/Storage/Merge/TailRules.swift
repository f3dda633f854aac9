package import Telemetry

/// Which traces stay once they are old: the interesting ones, and a share of the rest that is the same on every node.
package struct TailRules: Equatable, Sendable {
    /// Traces younger than this are all kept, in nanoseconds.
    package var after: UInt64
    /// Share of uninteresting traces that stays; 1 keeps all.
    package var share: Double
    /// A trace with at least so many tokens is costly, and stays.
    package var costlyTokens: Double

    /// The rules of the product, which keep everything, but for what is given.
    package init(after: UInt64 = 3_600_000_000_000, share: Double = 1, costlyTokens: Double = 50_000) {
        self.after = after
        // Not a number keeps all: losing data by a slip of the pen is worse than keeping it.
        self.share = share.isNaN ? 1 : min(max(share, 0), 1)
        self.costlyTokens = costlyTokens
    }

    /// Whether no trace ever goes.
    package var keepsAll: Bool { self.share >= 1 }

    /// Whether a trace of this key is in the share, by the low 56 bits of its id, as head sampling decides.
    package func isInShare(_ key: Key) -> Bool {
        let range: UInt64 = 1 << 56
        let threshold = range - min(UInt64((self.share * Double(range)).rounded()), range)
        return key.low & (range - 1) >= threshold
    }

    /// Durations from which a root of an operation counts as slow: the 95th percentile of those given.
    package struct SlowBars: Sendable {
        private var histograms: [String: ExponentialHistogram] = [:]

        /// Bars of no operation.
        package init() {}

        /// Notes one trace's root and duration.
        package mutating func note(service: String?, rootName: String?, nanoseconds: UInt64) {
            let name = (service ?? "") + "\0" + (rootName ?? "")
            self.histograms[name, default: ExponentialHistogram()].record(nanoseconds: nanoseconds)
        }

        /// Whether a trace is among the slowest twentieth of its operation; false where fewer than 20 are known.
        ///
        /// The bar is known to a bucket's width, and a trace must lie above that: where all take the same time, none
        /// is slow.
        package func isSlow(service: String?, rootName: String?, nanoseconds: UInt64) -> Bool {
            let name = (service ?? "") + "\0" + (rootName ?? "")
            guard let histogram = self.histograms[name], histogram.count >= 20,
                let bar = histogram.quantile(0.95)
            else { return false }
            // A bucket at scale 5 is 2.2 % wide, and twice as wide with each step down.
            let width = 0.023 * Double(sign: .plus, exponent: 5 - histogram.scale, significand: 1)
            return Double(nanoseconds) / 1e9 > bar * (1 + width)
        }
    }

    /// What the spans of a chunk say for keeping their trace: a flag, and the tokens they used.
    package func interest(of payload: FramePayload, _ entry: ChunkEntry) -> (isFlagged: Bool, tokens: Double)
    {
        let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
        var tokens = 0.0
        var isFlagged = false
        var notes: [AttributeNote] = []
        try? payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
            var record = ItemRecord()
            notes.removeAll(keepingCapacity: true)
            try scanner.scanSpan(WireReader(payload.bytes.raw, range), into: &record, notes: &notes)
            for note in notes {
                let value = WireReader(payload.bytes.raw, note.value).value()
                let number = value?.number ?? 0
                switch note.meaning {
                case .inputTokens, .outputTokens: tokens += number > 0 && number.isFinite ? number : 0
                case .keep: isFlagged = isFlagged || value == .bool(true) || number > 0
                default: break
                }
            }
        }
        return (isFlagged, tokens)
    }
}
