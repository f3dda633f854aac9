internal import Glibc
internal import Telemetry
internal import Workload

/// Makes one connection's requests: realistic agent work, or the fixed shape that benchmarks use.
struct LoadSource: Sendable {
    enum Work: Sendable {
        case agent(AgentScenario)
        case fixed(PatchedBatch)
    }

    private var work: Work
    private let batchSize: Int
    private var count = 0

    init(_ work: Work, batchSize: Int) {
        self.work = work
        self.batchSize = batchSize
    }

    /// The next request.
    ///
    /// An agent's work has a request of logs after every eighth of spans, and one of metrics after
    /// every sixteenth.
    mutating func next() -> Batch {
        self.count += 1
        let now = Timestamp(nanoseconds: Self.wallClock())
        switch self.work {
        case .agent(var scenario):
            defer { self.work = .agent(scenario) }
            if self.count % 16 == 0 { return scenario.metrics(at: now) }
            if self.count % 8 == 0 { return scenario.logs(self.batchSize, at: now) }
            return scenario.spans(self.batchSize, at: now)
        case .fixed(var patched):
            patched.refresh(at: now)
            defer { self.work = .fixed(patched) }
            return patched.batch
        }
    }

    private static func wallClock() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
