/// Adjacent counts of an exponential histogram; the first and the last are never zero, except while empty.
package struct HistogramBuckets: Equatable, Sendable {
    /// The index of `counts[0]`; zero while empty.
    package private(set) var offset: Int32 = 0
    /// How many values each bucket holds.
    package private(set) var counts: [UInt64] = []

    /// No counts.
    package init() {}

    /// Takes foreign counts, without the zeros at both ends; an offset that no scale can have is brought inside.
    package init(offset: Int32, counts: some Collection<UInt64>) {
        guard let first = counts.firstIndex(where: { $0 != 0 }) else { return }
        let lead = counts.distance(from: counts.startIndex, to: first)
        let limit: Int32 = 1 << 30
        self.offset = min(max(offset, -limit), limit) &+ Int32(truncatingIfNeeded: lead)
        self.counts = Array(counts[first...])
        while self.counts.last == 0 { self.counts.removeLast() }
    }

    /// Whether nothing is counted.
    package var isEmpty: Bool { self.counts.isEmpty }

    /// All counts together.
    package var total: UInt64 { self.counts.reduce(UInt64(0)) { $0.saturatingAdd($1) } }

    /// The first and last index with a count; nil while empty.
    package var bounds: ClosedRange<Int32>? {
        self.counts.isEmpty ? nil : self.offset...(self.offset &+ Int32(self.counts.count - 1))
    }

    /// Adds to one index.
    ///
    /// The caller has made sure that the span stays within its limit.
    package mutating func add(_ count: UInt64, at index: Int32) {
        guard count > 0 else { return }
        guard !self.counts.isEmpty else {
            self.offset = index
            self.counts = [count]
            return
        }
        let position = Int(index) - Int(self.offset)
        if position < 0 {
            self.counts.insert(contentsOf: repeatElement(0, count: -position), at: 0)
            self.offset = index
            self.counts[0] = count
        } else if position < self.counts.count {
            self.counts[position] = self.counts[position].saturatingAdd(count)
        } else {
            self.counts.append(contentsOf: repeatElement(0, count: position - self.counts.count + 1))
            self.counts[position] = count
        }
    }

    /// Moves counts beyond a range of indices to its ends.
    mutating func clamp(to range: ClosedRange<Int32>) {
        guard let bounds = self.bounds,
            bounds.lowerBound < range.lowerBound || bounds.upperBound > range.upperBound
        else { return }
        var clamped = HistogramBuckets()
        for (position, count) in self.counts.enumerated() {
            let index = self.offset &+ Int32(truncatingIfNeeded: position)
            clamped.add(count, at: min(max(index, range.lowerBound), range.upperBound))
        }
        self = clamped
    }

    /// Halves the resolution `steps` times: index i becomes i >> steps, also for negative i.
    package mutating func downscale(by steps: Int32) {
        guard steps > 0, let bounds = self.bounds else { return }
        let shift = min(steps, 31)
        let newOffset = bounds.lowerBound >> shift
        var merged = [UInt64](repeating: 0, count: Int((bounds.upperBound >> shift) - newOffset) + 1)
        for (position, count) in self.counts.enumerated() {
            let index = (self.offset &+ Int32(truncatingIfNeeded: position)) >> shift
            let target = Int(index - newOffset)
            merged[target] = merged[target].saturatingAdd(count)
        }
        self.offset = newOffset
        self.counts = merged
    }
}
