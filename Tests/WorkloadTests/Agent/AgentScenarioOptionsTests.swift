import Testing

@testable import Workload

@Suite struct AgentScenarioOptionsTests {
    @Test func `the defaults are in order`() throws {
        #expect(AgentScenarioOptions().problems == [])
        _ = try AgentScenario(AgentScenarioOptions())
    }

    @Test func `all that is wrong is told at once`() {
        var options = AgentScenarioOptions()
        options.services = 1
        options.operationsPerService = 0
        options.failuresPerMille = 1_001
        options.spansPerTrace = 0...(Batch.itemsMax + 1)
        let error = #expect(throws: InvalidAgentScenario.self) { try AgentScenario(options) }
        #expect(
            error?.problems == [
                "services: expected 2 to 10000, found 1",
                "operationsPerService: expected 1 to 10000, found 0",
                "services × operationsPerService: expected 1 to 100000, found 0",
                "failuresPerMille: expected 0 to 1000, found 1001",
                "spansPerTrace: expected 1 to 100000, found 0",
                "spansPerTrace: expected 1 to 100000, found 100001",
            ]
        )
    }

    @Test(arguments: [Int.min, -1, .max]) func `extreme numbers are refused`(number: Int) {
        var options = AgentScenarioOptions()
        options.services = number
        options.operationsPerService = number
        options.failuresPerMille = number
        options.spansPerTrace = number...number
        #expect(throws: InvalidAgentScenario.self) { try AgentScenario(options) }
    }

    @Test func `a fleet of ten thousand services has ten thousand names`() throws {
        var options = AgentScenarioOptions()
        options.services = 10_000
        options.operationsPerService = 10
        let scenario = try AgentScenario(options)
        #expect(Set(scenario.serviceNames).count == 10_000)
        #expect(scenario.serviceNames.first == "neo-clone")
    }
}
