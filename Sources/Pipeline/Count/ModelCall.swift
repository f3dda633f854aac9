internal import Telemetry

/// What a span says about a model call, a tool or a skill, whatever dialect it speaks.
struct ModelCall {
    /// In OpenTelemetry's spelling, as ``ModelOperation`` translates it.
    var operation: String?
    var provider: String?
    /// The model that was asked for, else the one that answered.
    var model: String?
    /// The model that answered, which is what is paid for; nil where the span does not say it.
    var pricedModel: String?
    var tool: String?
    var skill: String?
    var agent: String?
    /// By type; those of the cache are also in the input, those of reasoning also in the output.
    var tokens: [(type: String, count: Double)] = []
    var firstChunkSeconds: Double?
    /// XXH3-64 of the session's id as it was sent; nil where the span names none.
    var session: UInt64?
    /// United States dollars.
    var reportedCost: Double?

    private static let tokenTypes: [(meaning: AttributeMeaning, type: String)] = [
        (.inputTokens, "input"), (.outputTokens, "output"), (.cacheReadTokens, "cache_read"),
        (.cacheWriteTokens, "cache_write"), (.reasoningTokens, "reasoning"),
    ]

    /// Reads the notes of one span; nil where none of them concerns agents.
    init?(_ notes: ArraySlice<AttributeNote>, in bytes: RawSpan) {
        var found: [AttributeMeaning: ScalarValue] = [:]
        for note in notes where note.meaning.concernsAgents {
            // Where a span spells one meaning in several dialects they agree; the first one counts.
            guard found[note.meaning] == nil else { continue }
            found[note.meaning] = WireReader(bytes, note.pair).pairValue()
        }
        guard !found.isEmpty else { return nil }
        func text(_ meaning: AttributeMeaning) -> String? {
            guard let text = found[meaning]?.text, !text.isEmpty else { return nil }
            return LabelText.cut(text)
        }
        self.operation = text(.operation).map(ModelOperation.name)
        self.provider = text(.provider)
        let (asked, answered) = (text(.requestModel), text(.responseModel))
        // A failed call has no answer: the model that was asked for is what both kinds have in common.
        self.model = asked ?? answered
        self.pricedModel = answered
        self.tool = text(.tool)
        self.skill = text(.skill)
        self.agent = text(.agent)
        self.session = found[.session].flatMap(Self.sessionHash)
        switch self.operation {
        case ModelOperation.tool: self.tool = self.tool ?? text(.entity)
        case ModelOperation.agent: self.agent = self.agent ?? text(.entity)
        default: break
        }
        /// A number that can be true; one beyond would spoil the sum of a whole window.
        func number(_ meaning: AttributeMeaning, below limit: Double) -> Double? {
            guard let number = found[meaning]?.number, number >= 0, number < limit else { return nil }
            return number
        }
        self.reportedCost = number(.cost, below: 1e9)
        self.firstChunkSeconds =
            number(.firstChunkSeconds, below: 1e9)
            ?? number(.firstChunkMilliseconds, below: 1e12).map { $0 / 1000 }
        for (meaning, type) in Self.tokenTypes {
            if let count = number(meaning, below: 1e15) { self.tokens.append((type, count)) }
        }
        self.includeCacheInInput()
        // A bare `model` is any model at all, unless the span says more about a call.
        let saysMore = self.operation != nil || self.provider != nil || !self.tokens.isEmpty
        if self.model == nil, saysMore { self.model = text(.bareModel) }
    }

    private static func sessionHash(_ value: ScalarValue) -> UInt64? {
        guard let id = value.text, !id.isEmpty else { return nil }
        return ContentHash.hash64(Array(id.utf8).raw)
    }

    /// Brings the counts of senders that tell cached tokens apart from the input to those of the others.
    ///
    /// In OpenTelemetry's conventions the input includes what the cache gave and took: `gen_ai.usage.input_tokens`
    /// "SHOULD include all types of input tokens, including cached tokens", and both cache counts "SHOULD be included
    /// in" it (semantic-conventions #3163). OpenInference (#1429), OpenLLMetry (#2175) and Vercel's AI SDK from its
    /// version 6 sum Anthropic's counts up in the same way; OpenAI and Gemini report them so. Anthropic's own figures
    /// are apart, and some senders pass them on untouched, under the very same keys: AI SDK 5, OpenCode, and others.
    /// No key or provider tells the two apart, but a part cannot be larger than the whole: more cached tokens than
    /// input are apart. Counts that may be either are taken as the conventions say.
    private mutating func includeCacheInInput() {
        let cached = self.tokens.reduce(0) { PriceTable.cacheTypes.contains($1.type) ? $0 + $1.count : $0 }
        guard let input = self.tokens.firstIndex(where: { $0.type == "input" }),
            cached > self.tokens[input].count
        else { return }
        self.tokens[input].count += cached
    }

    /// Adds the call to a window's series.
    func count(
        _ span: ItemRecord,
        service: String,
        prices: PriceTable,
        weight: UInt64,
        estimated: Bool,
        into counter: inout SeriesCounter
    ) {
        var duration = ExponentialHistogram()
        duration.record(nanoseconds: span.duration, weight: weight)
        let status = MetricLabel("status.code", span.status == 2 ? "error" : "ok")
        func add(
            _ name: String,
            _ unit: String,
            _ kind: Series.Kind,
            _ labels: [MetricLabel],
            _ value: SlotValue
        ) {
            counter.add(
                Series(name, unit: unit, kind: kind, subject: .service(service), attributes: labels),
                value,
                isEstimated: estimated
            )
        }
        if let model = self.model, !ModelOperation.isEnclosing(self.operation, kind: span.kind) {
            let labels = [
                MetricLabel("gen_ai.operation.name", self.operation ?? ModelOperation.chat),
                MetricLabel("gen_ai.provider.name", self.provider ?? "unknown"),
                MetricLabel("gen_ai.request.model", model),
            ]
            add(MetricName.modelDuration, "s", .histogram, labels + [status], .histogram(duration))
            for (type, count) in self.tokens {
                let label = MetricLabel("gen_ai.token.type", type)
                let nano = ExponentialHistogram.nano(count, weight: weight)
                add(MetricName.modelTokens, "{token}", .counter, labels + [label], .counter(nano: nano))
            }
            if let seconds = self.firstChunkSeconds {
                var histogram = ExponentialHistogram()
                histogram.record(seconds, weight: weight)
                add(MetricName.modelFirstChunk, "s", .histogram, labels, .histogram(histogram))
            }
            let price =
                self.pricedModel.flatMap { prices.cost(model: $0, tokens: self.tokens) }
                ?? prices.cost(model: model, tokens: self.tokens)
            if let cost = self.reportedCost ?? price {
                let nano = ExponentialHistogram.nano(cost, weight: weight)
                add(MetricName.modelCost, "{USD}", .counter, labels, .counter(nano: nano))
            }
        }
        if let tool = self.tool, self.skill == nil {
            let labels = [MetricLabel("gen_ai.tool.name", tool), status]
            add(MetricName.toolDuration, "s", .histogram, labels, .histogram(duration))
        }
        if let skill = self.skill {
            let labels = [MetricLabel("skill.name", skill), status]
            add(MetricName.skillDuration, "s", .histogram, labels, .histogram(duration))
        }
        if let agent = self.agent, self.operation == ModelOperation.agent {
            let labels = [MetricLabel("gen_ai.agent.name", agent), status]
            add(MetricName.agentDuration, "s", .histogram, labels, .histogram(duration))
        }
    }
}
