import Telemetry

/// What the services' instruments have counted since the scenario began.
struct Instruments: Sendable {
    /// A series of requests served.
    struct Route: Hashable, Comparable, Sendable {
        var service: Int
        var operation: Int
        var failed: Bool

        static func < (left: Self, right: Self) -> Bool {
            (left.service, left.operation, left.failed ? 1 : 0)
                < (right.service, right.operation, right.failed ? 1 : 0)
        }
    }

    /// A series of answers of models.
    struct Caller: Hashable, Comparable, Sendable {
        var service: Int
        var model: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.service, left.model) < (right.service, right.model)
        }
    }

    /// Answers of one model to one service.
    struct Inferences: Sendable {
        var duration = ExplicitHistogram(bounds: ExplicitHistogram.durationBounds)
        var inputTokens = ExplicitHistogram(bounds: ExplicitHistogram.tokenBounds)
        var outputTokens = ExplicitHistogram(bounds: ExplicitHistogram.tokenBounds)
    }

    /// Executions of one skill.
    struct Skill: Sendable {
        var count: Int64 = 0
        var failures: Int64 = 0
        var duration = ExplicitHistogram(bounds: ExplicitHistogram.durationBounds)
    }

    /// The start time of all cumulative series; nil before the first batch.
    private(set) var start: Timestamp?
    private(set) var requests: [Route: ExponentialHistogram] = [:]
    private(set) var inferences: [Caller: Inferences] = [:]
    private(set) var skills: [Int: Skill] = [:]
    /// Seconds, by service.
    private(set) var processorTime: [Int: Double] = [:]

    mutating func begin(at now: Timestamp) {
        if self.start == nil { self.start = now }
    }

    mutating func record(_ measurement: Measurement) {
        switch measurement {
        case .request(let service, let operation, let nanoseconds, let failed):
            let route = Route(service: service, operation: operation, failed: failed)
            self.requests[route, default: ExponentialHistogram()].record(nanoseconds: nanoseconds)
            // A tenth of the time that a request takes is spent computing.
            self.processorTime[service, default: 0] += Double(nanoseconds) / 1e10
        case .inference(let service, let model, let nanoseconds, let inputTokens, let outputTokens):
            let caller = Caller(service: service, model: model)
            self.inferences[caller, default: Inferences()].duration.record(Double(nanoseconds) / 1e9)
            self.inferences[caller, default: Inferences()].inputTokens.record(Double(inputTokens))
            self.inferences[caller, default: Inferences()].outputTokens.record(Double(outputTokens))
        case .skill(let index, let nanoseconds, let failed):
            self.skills[index, default: Skill()].count += 1
            if failed { self.skills[index, default: Skill()].failures += 1 }
            self.skills[index, default: Skill()].duration.record(Double(nanoseconds) / 1e9)
        }
    }
}
