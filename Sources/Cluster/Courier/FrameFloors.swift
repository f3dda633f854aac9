internal import Telemetry

/// The lowest unsettled number of each run.
///
/// Adding and settling cost O(log n) in what is open of the run, amortised, in whatever order numbers are settled.
struct FrameFloors: Equatable, Sendable {
    private struct Run: Equatable, Sendable {
        /// Not settled.
        var open: Set<UInt64> = []
        /// The open ones and some that are settled, the lowest first.
        var lowest = NumberHeap()
        /// Everything below is settled.
        var floor: UInt64
        /// One more than the highest number seen.
        var end: UInt64
    }

    private var runs: [RunID: Run] = [:]

    mutating func add(_ id: FrameID) {
        var run = self.runs.removeValue(forKey: id.run) ?? Run(floor: id.sequence, end: id.sequence)
        if run.open.insert(id.sequence).inserted { run.lowest.push(id.sequence) }
        run.floor = min(run.floor, id.sequence)
        run.end = max(run.end, id.sequence.saturatingAdd(1))
        self.runs[id.run] = run
    }

    mutating func settle(_ id: FrameID) {
        guard var run = self.runs.removeValue(forKey: id.run) else { return }
        run.open.remove(id.sequence)
        while let lowest = run.lowest.first, !run.open.contains(lowest) { run.lowest.pop() }
        run.floor = run.lowest.first ?? run.end
        // Nobody asks for the floor of a run of which nothing is left, but for the runs that go on.
        guard !run.open.isEmpty || self.runs.count < Self.runsMax else { return }
        self.runs[id.run] = run
    }

    func floor(of run: RunID) -> UInt64 { self.runs[run]?.floor ?? 0 }

    /// Runs that are remembered though nothing of them is open.
    private static let runsMax = 64
}

/// Numbers of which the lowest is at hand: a binary heap.
struct NumberHeap: Equatable, Sendable {
    private var numbers: [UInt64] = []

    var first: UInt64? { self.numbers.first }

    /// - Complexity: O(log n); O(1) for a number above all others.
    mutating func push(_ number: UInt64) {
        self.numbers.append(number)
        var child = self.numbers.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.numbers[child] < self.numbers[parent] else { return }
            self.numbers.swapAt(child, parent)
            child = parent
        }
    }

    /// Drops the lowest one.
    ///
    /// - Complexity: O(log n).
    mutating func pop() {
        guard let last = self.numbers.popLast(), !self.numbers.isEmpty else { return }
        self.numbers[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < self.numbers.count else { return }
            if child + 1 < self.numbers.count, self.numbers[child + 1] < self.numbers[child] { child += 1 }
            guard self.numbers[child] < self.numbers[parent] else { return }
            self.numbers.swapAt(child, parent)
            parent = child
        }
    }
}
