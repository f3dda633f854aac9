import OTLPMessages
import Pipeline
import Telemetry
import Testing

/// Spans that real frameworks sent: models and tokens are found, once each.
@Suite(.enabled(if: RecordedAgents.isPresent, "needs the recorded data"))
struct RecordedAgentTests {
    @Test func `any-agent runs have their tokens, models, tools and agent`() throws {
        let files = try RecordedAgents.files("any-agent")
        #expect(files.count == 7)
        for file in files {
            let spans = try RecordedAgents.spans(file)
            let calls = spans.filter { $0.text("gen_ai.operation.name") == "call_llm" }
            let slots = try AgentSpan.count(spans, kind: .internal)
            #expect(!calls.isEmpty)
            for (type, key) in [
                ("input", "gen_ai.usage.input_tokens"), ("output", "gen_ai.usage.output_tokens"),
            ] {
                #expect(
                    Self.tokens(slots, type) == calls.compactMap { $0.number(key) }.reduce(0, +),
                    "\(file)"
                )
            }
            #expect(
                Set(Self.labels(slots, "gen_ai.request.model")) == ["mistral/mistral-small-latest"],
                "\(file)"
            )
            #expect(Self.calls(slots, MetricName.modelDuration) == calls.count, "\(file)")
            let tools = spans.compactMap { $0.text("gen_ai.tool.name") }
            #expect(Self.calls(slots, MetricName.toolDuration) == tools.count, "\(file)")
            #expect(Set(Self.labels(slots, "gen_ai.tool.name")) == Set(tools), "\(file)")
            #expect(Set(Self.labels(slots, "gen_ai.agent.name")) == ["any_agent"], "\(file)")
        }
    }

    @Test func `OpenInference and GenAI fixtures of one call agree`() throws {
        let folder = "openinference/openinference-genai/test/__fixtures__"
        for file in try RecordedAgents.files(folder) where !file.contains("tool_execution") {
            let slots = try AgentSpan.count(RecordedAgents.spans(file))
            #expect(Self.tokens(slots, "input") == 97 && Self.tokens(slots, "output") == 52, "\(file)")
            // OpenInference knows one model, the one that answered; the other asked for "gpt-4".
            let model = Set(Self.labels(slots, "gen_ai.request.model"))
            #expect(model == ["gpt-4"] || model == ["gpt-4-0613"], "\(file)")
            #expect(Set(Self.labels(slots, "gen_ai.provider.name")) == ["openai"], "\(file)")
            #expect(Set(Self.labels(slots, "gen_ai.operation.name")) == ["chat"], "\(file)")
        }
        let tool = try AgentSpan.count(RecordedAgents.spans("\(folder)/otel_genai_tool_execution_span.json"))
        #expect(Self.labels(tool, "gen_ai.tool.name") == ["get_weather"])
    }

    @Test func `of nested Vercel spans only those that call a model count tokens`() throws {
        let folder = "openinference/openinference-vercel/test/__fixtures__/v6-spans"
        let spans = try RecordedAgents.spans("\(folder)/all-spans.json")
        let inner = spans.filter { ($0.text("ai.operationId") ?? "").contains(".do") }
        #expect(spans.count == 10 && inner.count == 5)
        let slots = try AgentSpan.count(spans, kind: .internal)
        let inputs = inner.map { span in
            ["gen_ai.usage.input_tokens", "ai.usage.tokens"].compactMap { span.number($0) }.first ?? 0
        }
        #expect(Self.tokens(slots, "input") == inputs.reduce(0, +))
        #expect(
            Self.tokens(slots, "output")
                == inner.compactMap { $0.number("gen_ai.usage.output_tokens") }.reduce(0, +)
        )
        #expect(Self.calls(slots, MetricName.modelDuration) == 5)
        #expect(
            Set(Self.labels(slots, "gen_ai.request.model")) == [
                "gpt-4o-mini", "text-embedding-3-small",
            ]
        )
        #expect(Set(Self.labels(slots, "gen_ai.operation.name")) == ["chat", "embeddings"])
        #expect(Self.calls(slots, MetricName.modelFirstChunk) == 1)
    }

    @Test func `an export without model calls counts none`() throws {
        let spans = try RecordedAgents.spans("open-agent-traces/test-traces.json")
        #expect(spans.count == 2)
        #expect(try AgentSpan.count(spans).isEmpty)
    }

    private static func tokens(_ slots: [Slot], _ type: String) -> Double {
        slots.filter { $0.series.name == MetricName.modelTokens && $0.series["gen_ai.token.type"] == type }
            .reduce(0) { $0 + Double($1.value.count) }
    }

    private static func calls(_ slots: [Slot], _ metric: String) -> Int {
        slots.filter { $0.series.name == metric }.reduce(0) { $0 + Int($1.value.count) }
    }

    private static func labels(_ slots: [Slot], _ label: String) -> [String] {
        slots.compactMap { $0.series[label] }
    }
}
