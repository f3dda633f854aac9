import Telemetry
import Testing

@testable import Pipeline

@Suite struct PriceTableTests {
    private static let table = PriceTable(rows: [
        .init(model: "gpt-4o-mini", input: 0.15, output: 0.6, cacheRead: 0.075, cacheWrite: 0),
        .init(model: "gpt-4o*", input: 2.5, output: 10, cacheRead: 1.25, cacheWrite: 0),
        .init(model: "claude-*", input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75),
    ])

    @Test func `the first row that fits sets the price`() {
        let tokens: [(type: String, count: Double)] = [("input", 1e6), ("output", 1e6)]
        #expect(Self.table.cost(model: "gpt-4o-mini", tokens: tokens) == 0.75)
        #expect(Self.table.cost(model: "gpt-4o-mini-2024-07-18", tokens: tokens) == 12.5)
        #expect(Self.table.cost(model: "gpt-4o", tokens: tokens) == 12.5)
    }

    @Test func `cached tokens have prices of their own and unknown kinds none`() {
        let tokens: [(type: String, count: Double)] = [
            ("cache_read", 1e6), ("cache_write", 1e6), ("reasoning", 1e6),
        ]
        #expect(Self.table.cost(model: "claude-x", tokens: tokens) == 4.05)
    }

    @Test(arguments: ["gpt-4", "claude", "", "*", "xgpt-4o"])
    func `a model that no row names has no price`(_ model: String) {
        #expect(Self.table.cost(model: model, tokens: [("input", 5)]) == nil)
    }
}
