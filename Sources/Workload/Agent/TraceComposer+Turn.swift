internal import Telemetry

/// A turn of an agent's session, with the span names of Neo-Clone and of the GenAI conventions.
extension TraceComposer {
    /// The agent's place in the fleet.
    static let agent = 0

    /// Composes the whole trace: `invoke_agent` → `brain.process_input` → intent, context, inferences, skills.
    ///
    /// - Parameters:
    ///   - spans: how many spans the trace gets; one at least.
    ///   - session: the id of the conversation.
    ///   - skills: how many skills the agent has.
    mutating func turn(spans: Int, session: String, skills: Int) {
        let root = self.open(
            "invoke_agent neo-clone",
            .internal,
            service: Self.agent,
            scope: .genAI,
            [
                Attribute("gen_ai.operation.name", "invoke_agent"),
                Attribute("gen_ai.agent.name", "neo-clone"),
                Attribute("gen_ai.agent.id", "neo-clone-main"),
                Attribute("gen_ai.conversation.id", session),
                Attribute("session_id", session),
            ]
        )
        self.spend(median: 1e6)
        let failure =
            spans > 1 ? self.processInput(spans: spans - 1, session: session, skills: skills) : nil
        self.spend(median: 0.5e6)
        self.close(root, failure)
    }

    private mutating func processInput(spans: Int, session: String, skills: Int) -> Failure? {
        let span = self.brain(
            "brain.process_input",
            type: "brain_processing",
            session,
            [
                Attribute("input_length", 20 + self.random.below(2_000)),
                Attribute("brain_type", "UnifiedBrain"),
            ]
        )
        var left = spans - 1
        if left > 0 {
            self.intentRecognition(session)
            left -= 1
        }
        if left > 0 {
            let part = min(left, 2)
            self.contextRetrieval(spans: part, session)
            left -= part
        }
        let failure = self.reason(spans: left, session: session, skills: skills)
        self.spend(median: 2e6)
        self.close(span, failure)
        return failure
    }

    /// The agent's loop: ask the model, execute the skill it wants, ask again.
    private mutating func reason(spans: Int, session: String, skills: Int) -> Failure? {
        var left = spans
        var failure: Failure?
        while left > 0 {
            let finish = left > 1 ? "tool_calls" : "stop"
            failure = self.inference(from: Self.agent, session: session, finish: finish)
            left -= 1
            guard left > 0 else { break }
            if failure != nil {
                // Wait, then ask again: the next round is the retry.
                self.spend(median: 400e6)
                continue
            }
            let part = left <= 3 ? left : 3 + self.random.below(min(left - 3, 12))
            let outcome = self.skillExecution(spans: part, session: session, skills: skills)
            left -= part
            // The model mostly finds another way round a skill that failed.
            if left == 0, outcome != nil, self.random.chance(perMille: 300) { failure = outcome }
        }
        return failure
    }

    private mutating func intentRecognition(_ session: String) {
        let span = self.brain(
            "brain.intent_recognition",
            type: "intent_recognition",
            session,
            [
                Attribute("neo.intent", self.random.chance(perMille: 700) ? "skill" : "conversation"),
                Attribute("neo.confidence", .number(0.5 + self.random.unit() / 2)),
            ]
        )
        self.spend(median: 3e6)
        self.close(span)
    }

    private mutating func contextRetrieval(spans: Int, _ session: String) {
        let span = self.brain("brain.context_retrieval", type: "context_retrieval", session, [])
        self.spend(median: 1e6)
        if spans > 1 {
            var attributes = [
                Attribute("gen_ai.operation.name", "search_memory"),
                Attribute("memory_type", "episodic"),
                Attribute("gen_ai.memory.store.id", "neo-memory"),
                Attribute("gen_ai.memory.record.count", self.random.below(20)),
            ]
            if self.capturesContent {
                attributes.append(Attribute("gen_ai.retrieval.query.text", "notes, \(Self.contentMarker)"))
            }
            let search = self.brain("memory.search", type: "memory_access", session, attributes)
            self.spend(median: 12e6, spread: 0.8)
            self.close(search)
        }
        self.spend(median: 1e6)
        self.close(span)
    }

    /// `brain.skill_execution` → `skill.<name>` → `execute_tool <tool>` → what the tool calls.
    private mutating func skillExecution(spans: Int, session: String, skills: Int) -> Failure? {
        let index = self.random.below(skills)
        let skill = Vocabulary.word(Vocabulary.skills, index, separator: "_")
        let name = Attribute("skill_name", skill)
        let execution = self.brain("brain.skill_execution", type: "skill_execution", session, [name])
        self.spend(median: 0.5e6)
        var failure: Failure?
        if spans > 1 {
            let type = Attribute("execution_type", "direct")
            let span = self.brain("skill." + skill, type: "skill_execution", session, [name, type])
            self.spend(median: 1e6)
            if spans > 2 { failure = self.tool(of: skill, index: index, spans: spans - 2) }
            self.spend(median: 1e6)
            self.close(span, failure)
            self.trace.measurements.append(
                .skill(index: index, nanoseconds: self.duration(of: span), failed: failure != nil)
            )
        }
        self.close(execution, failure)
        return failure
    }

    private mutating func tool(of skill: String, index: Int, spans: Int) -> Failure? {
        let tool = Vocabulary.word(Vocabulary.tools, index, separator: "_")
        var attributes = [
            Attribute("gen_ai.operation.name", "execute_tool"),
            Attribute("gen_ai.tool.name", tool),
            Attribute("gen_ai.tool.type", "function"),
            Attribute("gen_ai.tool.call.id", "call_\(self.random.next() >> 16)"),
            Attribute("gen_ai.skill.name", skill),
        ]
        if self.capturesContent {
            attributes += [
                Attribute("gen_ai.tool.call.arguments", #"{"query":"\#(Self.contentMarker)"}"#),
                Attribute("gen_ai.tool.call.result", #"{"found":["\#(Self.contentMarker)"]}"#),
            ]
        }
        let span = self.open(
            "execute_tool " + tool,
            .internal,
            service: Self.agent,
            scope: .genAI,
            attributes
        )
        self.spend(median: 20e6, spread: 0.9)
        let operations = self.fleet.services[Self.agent].operations
        let operation = operations[self.random.below(operations.count)]
        let inner = self.calls(from: Self.agent, spans: spans - 1, depth: 0, for: operation)
        self.spend(median: 5e6)
        let own = self.drawFailure(from: Vocabulary.failures)
        self.close(span, own ?? inner, raised: own != nil)
        return own ?? inner
    }

    private mutating func brain(
        _ name: String,
        type: String,
        _ session: String,
        _ attributes: [Attribute]
    ) -> Int {
        self.open(
            name,
            .internal,
            service: Self.agent,
            scope: .application,
            [Attribute("operation.type", type), Attribute("session_id", session)] + attributes
        )
    }
}
