import Telemetry
import Workload

/// Requests that clients really send.
enum Requests {
    static func spans(_ count: Int, seed: UInt64 = 1) throws -> Batch {
        var options = AgentScenarioOptions()
        options.seed = seed
        var scenario = try AgentScenario(options)
        return scenario.spans(count, at: Self.sent)
    }

    static func logs(_ count: Int, seed: UInt64 = 1) throws -> Batch {
        var options = AgentScenarioOptions()
        options.seed = seed
        var scenario = try AgentScenario(options)
        _ = scenario.spans(count, at: Self.sent)
        return scenario.logs(count, at: Self.sent)
    }

    static func metrics(seed: UInt64 = 1) throws -> Batch {
        var options = AgentScenarioOptions()
        options.seed = seed
        var scenario = try AgentScenario(options)
        _ = scenario.spans(20, at: Self.sent)
        return scenario.metrics(at: Self.sent)
    }

    static let sent = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
}
