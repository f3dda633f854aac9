/// The one set of meanings into which every dialect of LLM and agent telemetry is read.
///
/// Sources: OpenTelemetry GenAI conventions old and new, OpenInference, OpenLLMetry, Vercel AI SDK, Claude Code,
/// Neo-Clone.
extension AttributeMeaning {
    /// What is done: chat, embeddings, a tool, an agent.
    package static let operation = AttributeMeaning(rawValue: 2)
    /// Who runs the model.
    package static let provider = AttributeMeaning(rawValue: 3)
    /// The model that answered.
    package static let responseModel = AttributeMeaning(rawValue: 4)
    /// The model that was asked for.
    package static let requestModel = AttributeMeaning(rawValue: 5)
    /// Tokens of the prompt.
    package static let inputTokens = AttributeMeaning(rawValue: 6)
    /// Tokens of the answer.
    package static let outputTokens = AttributeMeaning(rawValue: 7)
    /// Tokens of the prompt that came out of the provider's cache.
    package static let cacheReadTokens = AttributeMeaning(rawValue: 8)
    /// Tokens that went into it.
    package static let cacheWriteTokens = AttributeMeaning(rawValue: 9)
    /// Tokens of the answer that nobody sees.
    package static let reasoningTokens = AttributeMeaning(rawValue: 10)
    /// The conversation; never a label.
    package static let session = AttributeMeaning(rawValue: 11)
    /// The agent's name.
    package static let agent = AttributeMeaning(rawValue: 12)
    /// The tool's name.
    package static let tool = AttributeMeaning(rawValue: 13)
    /// The skill's name.
    package static let skill = AttributeMeaning(rawValue: 14)
    /// Seconds to the first chunk of an answer.
    package static let firstChunkSeconds = AttributeMeaning(rawValue: 15)
    /// The same in milliseconds.
    package static let firstChunkMilliseconds = AttributeMeaning(rawValue: 16)
    /// United States dollars that the sender itself reports.
    package static let cost = AttributeMeaning(rawValue: 17)
    /// The name of whatever the operation is about: an agent or a tool.
    package static let entity = AttributeMeaning(rawValue: 18)
    /// A key so common that it means a language model only beside other signs of one.
    package static let bareModel = AttributeMeaning(rawValue: 19)
    /// The route of an HTTP request.
    package static let route = AttributeMeaning(rawValue: 20)
    /// The version of the service.
    package static let version = AttributeMeaning(rawValue: 21)
    /// The sender asks to keep the trace when others go.
    package static let keep = AttributeMeaning(rawValue: 22)
    /// The name of the event a log record is, where its own field does not say it.
    package static let eventName = AttributeMeaning(rawValue: 23)

    /// Whether it says something about a model call, a tool or an agent; the others concern any span.
    package var concernsAgents: Bool { self != .content && self.rawValue < AttributeMeaning.route.rawValue }
}

extension AttributeFilter {
    /// Key → meaning, one row per spelling; unlisted keys mean nothing to us and are kept untouched.
    package static let dialects: [(key: String, meaning: AttributeMeaning)] = [
        ("gen_ai.operation.name", .operation),
        ("openinference.span.kind", .operation),
        ("traceloop.span.kind", .operation),
        ("llm.request.type", .operation),
        ("ai.operationId", .operation),
        ("operation.type", .operation),
        ("gen_ai.provider.name", .provider),
        ("gen_ai.system", .provider),
        ("llm.provider", .provider),
        ("llm.system", .provider),
        ("ai.model.provider", .provider),
        ("gen_ai.response.model", .responseModel),
        ("ai.response.model", .responseModel),
        ("gen_ai.request.model", .requestModel),
        ("llm.model_name", .requestModel),
        ("ai.model.id", .requestModel),
        ("model", .bareModel),
        ("gen_ai.usage.input_tokens", .inputTokens),
        ("gen_ai.usage.prompt_tokens", .inputTokens),
        ("llm.token_count.prompt", .inputTokens),
        ("llm.usage.prompt_tokens", .inputTokens),
        ("ai.usage.inputTokens", .inputTokens),
        ("ai.usage.promptTokens", .inputTokens),
        ("ai.usage.tokens", .inputTokens),
        ("gen_ai.usage.output_tokens", .outputTokens),
        ("gen_ai.usage.completion_tokens", .outputTokens),
        ("llm.token_count.completion", .outputTokens),
        ("llm.usage.completion_tokens", .outputTokens),
        ("ai.usage.outputTokens", .outputTokens),
        ("ai.usage.completionTokens", .outputTokens),
        ("gen_ai.usage.cache_read.input_tokens", .cacheReadTokens),
        ("gen_ai.usage.cache_read_input_tokens", .cacheReadTokens),
        ("gen_ai.usage.cache_read_tokens", .cacheReadTokens),
        ("llm.token_count.prompt_details.cache_read", .cacheReadTokens),
        ("ai.usage.cachedInputTokens", .cacheReadTokens),
        ("ai.usage.inputTokenDetails.cacheReadTokens", .cacheReadTokens),
        ("gen_ai.usage.cache_creation.input_tokens", .cacheWriteTokens),
        ("gen_ai.usage.cache_write.input_tokens", .cacheWriteTokens),
        ("gen_ai.usage.cache_creation_input_tokens", .cacheWriteTokens),
        ("gen_ai.usage.cache_write_tokens", .cacheWriteTokens),
        ("gen_ai.usage.cache_creation_tokens", .cacheWriteTokens),
        ("ai.usage.inputTokenDetails.cacheWriteTokens", .cacheWriteTokens),
        ("llm.token_count.prompt_details.cache_write", .cacheWriteTokens),
        ("gen_ai.usage.reasoning.output_tokens", .reasoningTokens),
        ("llm.token_count.completion_details.reasoning", .reasoningTokens),
        ("ai.usage.reasoningTokens", .reasoningTokens),
        ("gen_ai.conversation.id", .session),
        ("session.id", .session),
        ("session_id", .session),
        ("traceloop.association.properties.session_id", .session),
        ("ai.telemetry.metadata.sessionId", .session),
        ("gen_ai.agent.name", .agent),
        ("gen_ai.agent.id", .agent),
        ("agent.name", .agent),
        ("agent_id", .agent),
        ("ai.telemetry.functionId", .agent),
        ("traceloop.entity.name", .entity),
        ("gen_ai.tool.name", .tool),
        ("tool.name", .tool),
        ("tool_name", .tool),
        ("ai.toolCall.name", .tool),
        ("gen_ai.skill.name", .skill),
        ("skill_name", .skill),
        ("skill.name", .skill),
        ("gen_ai.response.time_to_first_chunk", .firstChunkSeconds),
        ("ai.response.msToFirstChunk", .firstChunkMilliseconds),
        ("ttft_ms", .firstChunkMilliseconds),
        ("gen_ai.usage.cost", .cost),
        ("cost_usd", .cost),
        ("http.route", .route),
        ("service.version", .version),
        ("event.name", .eventName),
        ("neoscope.keep", .keep),
        ("sampling.priority", .keep),
    ]

    /// The keys of content: the default of `redaction.attributes`.
    package static let contentKeys = [
        "gen_ai.prompt*",
        "gen_ai.completion*",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.tool.args",
        "gen_ai.input",
        "gen_ai.output",
        "gen_ai.tool.definitions",
        "gen_ai.retrieval.documents",
        "gen_ai.retrieval.query.text",
        "gen_ai.event.content",
        "gen_ai.memory.query.text",
        "gen_ai.memory.records",
        "llm.prompts*",
        "llm.completions*",
        "llm.input_messages*",
        "llm.output_messages*",
        "llm.prompt_template*",
        "input.value",
        "output.value",
        "retrieval.documents*",
        "embedding.text*",
        "reranker.query",
        "reranker.input_documents*",
        "reranker.output_documents*",
        "tool.parameters",
        "traceloop.entity.input",
        "traceloop.entity.output",
        "ai.prompt*",
        "ai.response.text",
        "ai.response.reasoning*",
        "ai.response.object",
        "ai.response.toolCalls",
        "ai.result*",
        "ai.toolCall.args",
        "ai.toolCall.result",
        "ai.value*",
        "prompt",
        "user_prompt",
        "prompt.text",
        "tool_input",
        "tool_output",
        "input_text",
        "output_text",
    ]

    /// The filter of an edge: the dialects, and content keys unless capture is on.
    package init(contentKeys: [String]) {
        self.init()
        for row in Self.dialects { self.add(row.key, row.meaning) }
        for key in contentKeys { self.add(key, .content) }
    }
}
