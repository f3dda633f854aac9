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

    /// Three dollars a million in, fifteen out; a tenth for what the cache gives, a quarter more for what it takes.
    private static let dialectTable = PriceTable(rows: [
        .init(model: "m", input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75)
    ])

    @Test func `what the cache gave and took does not cost input as well`() {
        func cost(_ tokens: [(type: String, count: Double)]) -> Double? {
            Self.dialectTable.cost(model: "m", tokens: tokens).map { ($0 * 1e9).rounded() }
        }
        // 86 x 3 + 1920 x 0.3 + 300 x 15 = 5334 millionths.
        #expect(cost([("input", 2006), ("cache_read", 1920), ("output", 300)]) == 5_334_000)
        // 2000 x 3 + 6000 x 0.3 + 2000 x 3.75 = 15300 millionths.
        #expect(cost([("input", 10_000), ("cache_read", 6000), ("cache_write", 2000)]) == 15_300_000)
        // All of the input came from the cache; reasoning is a part of the output.
        #expect(cost([("input", 10_000), ("cache_read", 10_000)]) == 3_000_000)
        #expect(cost([("output", 1000), ("reasoning", 900)]) == 15_000_000)
        #expect(cost([("input", 10), ("cache_read", 10_000)]) == 3_000_000)
        #expect(cost([]) == 0)
    }

    /// Ten thousand tokens in, of which the cache gave six and took two thousand; one thousand out.
    private static let whole: [AgentSpan] = [
        [
            "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": 10_000,
            "gen_ai.usage.cache_read.input_tokens": 6000, "gen_ai.usage.cache_write.input_tokens": 2000,
            "gen_ai.usage.output_tokens": 1000,
        ],
        [
            "gen_ai.system": "openai", "gen_ai.usage.input_tokens": 10_000,
            "gen_ai.usage.cache_read.input_tokens": 6000, "gen_ai.usage.cache_creation.input_tokens": 2000,
            "gen_ai.usage.output_tokens": 1000,
        ],
        [
            "gen_ai.system": "Anthropic", "gen_ai.usage.prompt_tokens": 10_000,
            "gen_ai.usage.cache_read_input_tokens": 6000, "gen_ai.usage.cache_creation_input_tokens": 2000,
            "gen_ai.usage.completion_tokens": 1000,
        ],
        [
            "llm.provider": "anthropic", "llm.token_count.prompt": 10_000,
            "llm.token_count.prompt_details.cache_read": 6000,
            "llm.token_count.prompt_details.cache_write": 2000, "llm.token_count.completion": 1000,
        ],
    ]
    /// The same call as Anthropic's interface tells it, passed on under keys of others.
    private static let apart: [AgentSpan] = [
        [
            "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": 2000,
            "gen_ai.usage.cache_read.input_tokens": 6000, "gen_ai.usage.cache_write.input_tokens": 2000,
            "gen_ai.usage.output_tokens": 1000,
        ],
        [
            "gen_ai.system": "aws.bedrock", "gen_ai.usage.prompt_tokens": 2000,
            "gen_ai.usage.cache_read_input_tokens": 6000, "gen_ai.usage.cache_creation_input_tokens": 2000,
            "gen_ai.usage.completion_tokens": 1000,
        ],
    ]

    /// Nanos of the cost, and whole tokens of the input, that an edge counts.
    private static func counted(_ span: AgentSpan) throws -> [Int128] {
        var span = span
        span.attributes["gen_ai.operation.name"] = .text("chat")
        span.attributes["gen_ai.request.model"] = .text("m")
        let slots = try AgentSpan.count([span], prices: self.dialectTable)
        return slots.filter {
            $0.series.name == MetricName.modelCost || $0.series["gen_ai.token.type"] == "input"
        }
        .sorted { $0.series.name < $1.series.name }.map(\.value.nanoSum)
    }

    @Test func `a call costs the same in any dialect, whether the input includes the cache or not`() throws {
        // 2000 x 3 + 6000 x 0.3 + 2000 x 3.75 + 1000 x 15 = 30300 millionths.
        for span in Self.whole + Self.apart {
            #expect(
                try Self.counted(span) == [30_300_000, 10_000_000_000_000],
                "\(span.attributes)"
            )
        }
    }

    @Test func `Vercel's counts are read before and after they included the cache`() throws {
        // 2000 x 3 + 6000 x 0.3 = 7800 millionths.
        for input in [2000, 8000] {
            let span: AgentSpan = [
                "ai.model.provider": "anthropic.messages", "ai.usage.inputTokens": input,
                "gen_ai.usage.input_tokens": input, "ai.usage.cachedInputTokens": 6000,
            ]
            #expect(try Self.counted(span) == [7_800_000, 8_000_000_000_000])
        }
    }

    @Test func `a part that may be inside the input is, as the conventions say`() throws {
        for (input, fresh) in [(5000, 0), (5001, 1)] {
            let span: AgentSpan = [
                "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": input,
                "gen_ai.usage.cache_read.input_tokens": 5000,
            ]
            let cost = Int128(fresh * 3000 + 1_500_000)
            #expect(try Self.counted(span) == [cost, Int128(input) * 1_000_000_000])
        }
    }
}
