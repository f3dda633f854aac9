/// What a synthetic fleet of agents and services looks like.
package struct AgentScenarioOptions: Equatable, Sendable {
    /// The same seed gives the same bytes, call for call.
    package var seed: UInt64 = 1
    /// How many services there are, the agent included; 2 to 10,000.
    package var services = 8
    /// HTTP operations of each service, and skills of the agent; 1 to 10,000, all services together 100,000.
    package var operationsPerService = 30
    /// How many of a thousand calls (requests, statements, inferences, tools) fail by themselves; 0 to 1,000.
    ///
    /// A failure may be retried, handled, or make its callers fail too, as in life.
    package var failuresPerMille = 20
    /// How many spans a trace has, each number as likely; 1 to ``Batch/itemsMax``.
    package var spansPerTrace = 8...40
    /// Whether prompts, answers, tool arguments and results are in the attributes.
    package var capturesContent = false

    /// A small fleet with few failures and without content.
    package init() {}

    /// Everything that is out of its range, in words; empty when all is well.
    package var problems: [String] {
        var problems: [String] = []
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) {
            guard !range.contains(value) else { return }
            problems.append("\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
        check("services", self.services, 2...10_000)
        check("operationsPerService", self.operationsPerService, 1...10_000)
        let (all, overflow) = self.services.multipliedReportingOverflow(by: self.operationsPerService)
        check("services × operationsPerService", overflow ? .max : all, 1...100_000)
        check("failuresPerMille", self.failuresPerMille, 0...1_000)
        check("spansPerTrace", self.spansPerTrace.lowerBound, 1...Batch.itemsMax)
        check("spansPerTrace", self.spansPerTrace.upperBound, 1...Batch.itemsMax)
        return problems
    }
}
