internal import Telemetry

/// The lowest unsettled number of each run.
struct FrameFloors: Equatable, Sendable {
    private struct Run: Equatable, Sendable {
        /// Not settled.
        var open: Set<UInt64> = []
        /// Everything below is settled.
        var floor: UInt64
        /// One more than the highest number seen.
        var end: UInt64
    }

    private var runs: [RunID: Run] = [:]

    mutating func add(_ id: FrameID) {
        var run = self.runs[id.run] ?? Run(floor: id.sequence, end: id.sequence)
        run.open.insert(id.sequence)
        run.floor = min(run.floor, id.sequence)
        run.end = max(run.end, id.sequence.saturatingAdd(1))
        self.runs[id.run] = run
    }

    mutating func settle(_ id: FrameID) {
        self.runs[id.run]?.open.remove(id.sequence)
        guard let run = self.runs[id.run] else { return }
        if run.open.isEmpty {
            self.runs[id.run]?.floor = run.end
            // Nobody asks for the floor of a run of which nothing is left, but for the runs that go on.
            if self.runs.count > Self.runsMax { self.runs[id.run] = nil }
        } else if run.floor == id.sequence {
            // Numbers are settled about in their order, so the next open one is near; a far one is found by looking.
            var next = run.floor.saturatingAdd(1)
            var steps = 0
            while !run.open.contains(next), steps < 64 {
                next = next.saturatingAdd(1)
                steps += 1
            }
            self.runs[id.run]?.floor = run.open.contains(next) ? next : run.open.min() ?? run.end
        }
    }

    func floor(of run: RunID) -> UInt64 { self.runs[run]?.floor ?? 0 }

    /// Runs that are remembered though nothing of them is open.
    private static let runsMax = 64
}
