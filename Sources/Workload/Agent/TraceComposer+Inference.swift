import Telemetry

/// Calls of language models.
extension TraceComposer {
    /// Stands in every prompt, answer, argument and result, so that a search for it finds what was not redacted.
    static let contentMarker = "between you and me: zanzibar-4711"

    /// One inference as a CLIENT span (GenAI conventions, "Inference").
    ///
    /// - Parameters:
    ///   - service: who asks.
    ///   - session: the conversation; nil outside any.
    ///   - finish: why the model stops unless it runs out of tokens.
    /// - Returns: why it failed; nil where it answered.
    mutating func inference(from service: Int, session: String?, finish: String = "stop") -> Failure? {
        let index = self.random.below(Model.all.count)
        let model = Model.all[index]
        let inputTokens = 20 + Int(self.random.logNormal(median: 3_000, spread: 0.9))
        let outputTokens = min(1 + Int(self.random.logNormal(median: 250, spread: 0.8)), 4_096)
        let cachedTokens = self.random.chance(perMille: 600) ? self.random.below(inputTokens) : 0
        var attributes = [
            Attribute("gen_ai.operation.name", "chat"),
            Attribute("gen_ai.provider.name", model.provider),
            Attribute("gen_ai.request.model", model.name),
            Attribute("gen_ai.request.max_tokens", 4_096),
            Attribute("gen_ai.request.temperature", .number(0.7)),
            Attribute("gen_ai.request.stream", .flag(true)),
            Attribute("server.address", model.server),
        ]
        if let session { attributes.append(Attribute("gen_ai.conversation.id", session)) }
        if self.capturesContent { attributes += self.inputContent() }
        let span = self.open("chat " + model.name, .client, service: service, scope: .genAI, attributes)
        let begin = self.clock
        self.spend(median: model.firstChunkMedianNanoseconds)
        if let failure = self.drawFailure(from: Vocabulary.failures) {
            self.close(span, failure, raised: true)
            return failure
        }
        let firstChunk = Double(self.clock - begin) / 1e9
        self.spend(median: model.tokenMedianNanoseconds * Double(outputTokens), spread: 0.15)
        self.trace.spans[span].attributes += [
            Attribute("gen_ai.response.model", model.responseName),
            Attribute("gen_ai.response.id", "resp_" + SpanID(self.random.next()).hex),
            Attribute("gen_ai.response.finish_reasons", .texts([outputTokens == 4_096 ? "length" : finish])),
            Attribute("gen_ai.response.time_to_first_chunk", .number(firstChunk)),
            Attribute("gen_ai.usage.input_tokens", inputTokens),
            Attribute("gen_ai.usage.output_tokens", outputTokens),
            Attribute("gen_ai.usage.cache_read.input_tokens", cachedTokens),
        ]
        if self.capturesContent { self.add(self.outputContent(finish: finish), to: span) }
        self.close(span)
        self.trace.measurements.append(
            .inference(
                service: service,
                model: index,
                nanoseconds: self.duration(of: span),
                inputTokens: inputTokens,
                outputTokens: outputTokens
            )
        )
        return nil
    }

    private func inputContent() -> [Attribute] {
        let text = "Please sum up the notes of this week, \(Self.contentMarker)."
        return [
            Attribute(
                "gen_ai.system_instructions",
                #"[{"type":"text","content":"You are a careful assistant; \#(Self.contentMarker)."}]"#
            ),
            Attribute(
                "gen_ai.input.messages",
                #"[{"role":"user","parts":[{"type":"text","content":"\#(text)"}]}]"#
            ),
        ]
    }

    private func outputContent(finish: String) -> Attribute {
        let part = #"{"type":"text","content":"Three notes matter, \#(Self.contentMarker)."}"#
        return Attribute(
            "gen_ai.output.messages",
            #"[{"role":"assistant","parts":[\#(part)],"finish_reason":"\#(finish)"}]"#
        )
    }
}
