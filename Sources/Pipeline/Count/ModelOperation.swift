/// The names of operations on models, in OpenTelemetry's spelling (`gen_ai.operation.name`).
enum ModelOperation {
    static let chat = "chat"
    static let agent = "invoke_agent"
    static let tool = "execute_tool"
    static let workflow = "invoke_workflow"
    static let embeddings = "embeddings"

    /// What other dialects call them; compared in lower case.
    private static let translations: [String: String] = [
        // OpenInference, `openinference.span.kind`; OpenLLMetry, `traceloop.span.kind` and `llm.request.type`.
        "llm": chat, "agent": agent, "tool": tool, "chain": workflow, "workflow": workflow,
        "embedding": embeddings, "retriever": "retrieval", "completion": "text_completion",
        // any-agent.
        "call_llm": chat,
        // Vercel AI SDK, `ai.operationId`: the outer spans enclose those that call the model.
        "ai.generatetext": agent, "ai.streamtext": agent, "ai.generateobject": agent,
        "ai.streamobject": agent,
        "ai.embed": workflow, "ai.embedmany": workflow, "ai.rerank": workflow,
        "ai.generatetext.dogenerate": chat, "ai.streamtext.dostream": chat,
        "ai.generateobject.dogenerate": chat, "ai.streamobject.dostream": chat,
        "ai.embed.doembed": embeddings, "ai.embedmany.doembed": embeddings, "ai.toolcall": tool,
    ]

    /// The operation's name in OpenTelemetry's spelling; a name that no dialect lists stays as it is.
    static func name(_ text: String) -> String { self.translations[text.lowercased()] ?? text }

    /// Whether a span encloses model calls that have spans of their own.
    ///
    /// What it says about models and tokens is their sum and is not counted again. An agent that is called as a
    /// client runs elsewhere, unseen; its tokens count.
    static func isEnclosing(_ operation: String?, kind: UInt8) -> Bool {
        switch operation {
        case self.agent: kind != 3
        case self.workflow, self.tool: true
        default: false
        }
    }
}
