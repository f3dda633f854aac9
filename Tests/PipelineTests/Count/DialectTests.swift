import OTLPMessages
import Pipeline
import Telemetry
import Testing

/// Each way of saying a thing gives the same series as the newest OpenTelemetry one.
@Suite struct DialectTests {
    private static let chat: [AgentSpan] = [
        [
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "m",
            "gen_ai.usage.input_tokens": 11, "gen_ai.usage.output_tokens": 7,
        ],
        [
            "gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m",
            "gen_ai.usage.prompt_tokens": 11, "gen_ai.usage.completion_tokens": 7,
        ],
        [
            "openinference.span.kind": "LLM", "llm.provider": "openai", "llm.model_name": "m",
            "llm.token_count.prompt": 11, "llm.token_count.completion": 7,
        ],
        [
            "openinference.span.kind": "LLM", "llm.system": "openai", "llm.model_name": "m",
            "llm.token_count.prompt": 11, "llm.token_count.completion": 7,
        ],
        [
            "llm.request.type": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m",
            "gen_ai.usage.prompt_tokens": 11, "gen_ai.usage.completion_tokens": 7,
        ],
        [
            "llm.request.type": "chat", "gen_ai.system": "openai", "gen_ai.response.model": "m",
            "llm.usage.prompt_tokens": 11, "llm.usage.completion_tokens": 7,
        ],
        [
            "ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "openai", "ai.model.id": "m",
            "ai.usage.promptTokens": 11, "ai.usage.completionTokens": 7,
        ],
        [
            "ai.operationId": "ai.streamText.doStream", "ai.model.provider": "openai",
            "ai.response.model": "m",
            "ai.usage.inputTokens": 11, "ai.usage.outputTokens": 7,
        ],
        [
            "operation.type": "chat", "gen_ai.system": "openai", "model": "m",
            "llm.usage.prompt_tokens": "11",
            "llm.usage.completion_tokens": 7.0,
        ],
    ]

    @Test func `a chat in any dialect gives the same series`() throws {
        let expected = try AgentSpan.count([Self.chat[0]])
        #expect(expected.count == 3)
        #expect(
            expected.map(\.series.name).sorted()
                == [
                    MetricName.modelTokens, MetricName.modelTokens, MetricName.modelDuration,
                ].sorted()
        )
        for span in Self.chat { #expect(try AgentSpan.count([span]) == expected, "\(span.attributes)") }
        let tokens = Dictionary(
            uniqueKeysWithValues: expected.filter { $0.series.name == MetricName.modelTokens }
                .map { ($0.series["gen_ai.token.type"], $0.value.count) }
        )
        #expect(tokens == ["input": 11, "output": 7])
    }

    private static let operation = AgentSpan(
        "span",
        ["gen_ai.operation.name": "chat", "gen_ai.request.model": "m"]
    )

    @Test(arguments: [
        ("gen_ai.usage.cache_read.input_tokens", "cache_read"),
        ("gen_ai.usage.cache_read_input_tokens", "cache_read"),
        ("gen_ai.usage.cache_read_tokens", "cache_read"), ("ai.usage.cachedInputTokens", "cache_read"),
        ("llm.token_count.prompt_details.cache_read", "cache_read"),
        ("gen_ai.usage.cache_creation.input_tokens", "cache_write"),
        ("gen_ai.usage.cache_creation_input_tokens", "cache_write"),
        ("llm.token_count.prompt_details.cache_write", "cache_write"),
        ("gen_ai.usage.reasoning.output_tokens", "reasoning"), ("ai.usage.reasoningTokens", "reasoning"),
        ("llm.token_count.completion_details.reasoning", "reasoning"), ("ai.usage.tokens", "input"),
    ])
    func `cached and reasoning tokens are counted by kind`(_ key: String, _ type: String) throws {
        var span = Self.operation
        span.attributes[key] = .integer(5)
        let slot = try #require(
            try AgentSpan.count([span]).first { $0.series.name == MetricName.modelTokens }
        )
        #expect(slot.series["gen_ai.token.type"] == type)
        #expect(slot.value == .counter(nano: 5_000_000_000))
    }

    @Test(arguments: [
        ("gen_ai.response.time_to_first_chunk", 0.25), ("ai.response.msToFirstChunk", 250), ("ttft_ms", 250),
    ])
    func `the time to the first chunk is in seconds`(_ key: String, _ value: Double) throws {
        var span = Self.operation
        span.attributes[key] = .double(value)
        let slot = try #require(
            try AgentSpan.count([span]).first { $0.series.name == MetricName.modelFirstChunk }
        )
        #expect(slot.value.nanoSum == 250_000_000)
    }

    private static let tools: [AgentSpan] = [
        ["gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t"],
        ["openinference.span.kind": "TOOL", "tool.name": "t"],
        ["traceloop.span.kind": "tool", "traceloop.entity.name": "t"],
        ["ai.operationId": "ai.toolCall", "ai.toolCall.name": "t"],
        ["tool_name": "t"],
    ]
    private static let agents: [AgentSpan] = [
        ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"],
        ["openinference.span.kind": "AGENT", "agent.name": "a"],
        ["traceloop.span.kind": "agent", "traceloop.entity.name": "a"],
        ["ai.operationId": "ai.generateText", "ai.telemetry.functionId": "a"],
        ["gen_ai.operation.name": "invoke_agent", "agent_id": "a"],
    ]
    private static let skills: [AgentSpan] = [
        ["operation.type": "skill_execution", "skill_name": "s"], ["tool_name": "x", "skill.name": "s"],
    ]

    @Test func `tools, agents and skills are timed in any dialect`() throws {
        for (spans, metric) in [
            (Self.tools, MetricName.toolDuration), (Self.agents, MetricName.agentDuration),
            (Self.skills, MetricName.skillDuration),
        ] {
            let expected = try AgentSpan.count([spans[0]])
            #expect(expected.map(\.series.name) == [metric])
            for span in spans { #expect(try AgentSpan.count([span]) == expected, "\(span.attributes)") }
        }
    }

    @Test(arguments: [
        "gen_ai.conversation.id", "session.id", "session_id", "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
    ])
    func `a session is never a label`(_ key: String) throws {
        var span = Self.operation
        span.attributes[key] = .text("secret session")
        for slot in try AgentSpan.count([span]) {
            #expect(!slot.series.attributes.contains { $0.value.contains("secret") })
        }
    }

    @Test(arguments: [
        "invoke_agent", "invoke_workflow", "ai.generateText", "ai.embed", "AGENT", "CHAIN", "execute_tool",
    ])
    func `what encloses model calls is not counted a second time`(_ operation: String) throws {
        var span = Self.chat[0]
        span.attributes["gen_ai.operation.name"] = .text(operation)
        let names = try AgentSpan.count([span], kind: .internal).map(\.series.name)
        #expect(!names.contains(MetricName.modelTokens) && !names.contains(MetricName.modelDuration))
    }

    @Test func `an agent that runs elsewhere is counted with its tokens`() throws {
        var span = Self.chat[0]
        span.attributes["gen_ai.operation.name"] = .text("invoke_agent")
        #expect(
            try AgentSpan.count([span], kind: .client).map(\.series.name).contains(MetricName.modelTokens)
        )
    }

    @Test func `a bare model is a language model only beside other signs of one`() throws {
        #expect(try AgentSpan.count([["model": "Golf"]]).isEmpty)
        #expect(try AgentSpan.count([["model": "m", "gen_ai.system": "openai"]]).count == 1)
    }

    @Test func `cost is the sender's, else the table's, else nothing`() throws {
        let prices = PriceTable(rows: [.init(model: "m", input: 1, output: 10, cacheRead: 0, cacheWrite: 0)])
        func cost(_ span: AgentSpan) throws -> Int128? {
            try AgentSpan.count([span], prices: prices).first { $0.series.name == MetricName.modelCost }?
                .value.nanoSum
        }
        #expect(try cost(Self.chat[0]) == 81_000)
        var told = Self.chat[0]
        told.attributes["gen_ai.usage.cost"] = .double(0.5)
        #expect(try cost(told) == 500_000_000)
        var unknown = Self.chat[0]
        unknown.attributes["gen_ai.request.model"] = .text("other")
        #expect(try cost(unknown) == nil)
    }

    @Test func `calls are labelled by the model that was asked for, and paid for by the one that answered`()
        throws
    {
        let prices = PriceTable(rows: [
            PriceTable.Row(model: "m", input: 1, output: 1, cacheRead: 1, cacheWrite: 1),
            PriceTable.Row(model: "m-2026-01-01", input: 5, output: 5, cacheRead: 5, cacheWrite: 5),
        ])
        var answered = AgentSpan(
            name: "chat",
            attributes: [
                "gen_ai.operation.name": .text("chat"), "gen_ai.request.model": .text("m"),
                "gen_ai.response.model": .text("m-2026-01-01"), "gen_ai.usage.input_tokens": .integer(1000),
            ]
        )
        let slots = try AgentSpan.count([answered], prices: prices)
        #expect(Set(slots.compactMap { $0.series["gen_ai.request.model"] }) == ["m"])
        let cost = slots.first { $0.series.name == MetricName.modelCost }?.value.nanoSum
        #expect(cost == 5_000_000)
        answered.attributes["gen_ai.response.model"] = .text("unheard-of")
        let other = try AgentSpan.count([answered], prices: prices)
        #expect(other.first { $0.series.name == MetricName.modelCost }?.value.nanoSum == 1_000_000)
    }

    @Test func `figures that cannot be true are left out, also where a client sampled`() throws {
        for number in [Double.nan, .infinity, -.infinity, -1, 1e300] {
            var span = Self.operation
            for key in [
                "gen_ai.usage.input_tokens", "gen_ai.usage.cost", "gen_ai.response.time_to_first_chunk",
            ] {
                span.attributes[key] = .double(number)
            }
            let slots = try AgentSpan.count([span], traceState: "ot=th:ffffffffffffff")
            #expect(slots.map(\.series.name) == [MetricName.modelDuration], "\(number)")
        }
        var large = Self.operation
        large.attributes["gen_ai.usage.input_tokens"] = .double(9e14)
        large.attributes["gen_ai.usage.cost"] = .double(9e8)
        #expect(try AgentSpan.count([large], traceState: "ot=th:ffffffffffffff").count == 3)
    }

    @Test func `labels of any length are cut`() throws {
        var span = Self.operation
        span.attributes["gen_ai.request.model"] = .text(String(repeating: "é", count: 5000))
        let slot = try #require(try AgentSpan.count([span]).first)
        #expect(slot.series["gen_ai.request.model"]?.utf8.count == 1024)
    }
}
