internal import Telemetry

/// What a span says about a model call, a tool or a skill, whatever dialect it speaks.
struct ModelCall {
    var operation: String?
    var provider: String?
    var model: String?
    var tool: String?
    var skill: String?
    var agent: String?
    var tokens: [(type: String, count: Double)] = []
    var firstChunkSeconds: Double?
    var reportedCost: Double?

    /// Reads the notes of one span; nil where none of them concerns agents.
    init?(_ notes: ArraySlice<AttributeNote>, in bytes: RawSpan) {
        var found: [AttributeMeaning: ScalarValue] = [:]
        for note in notes where note.meaning != .content && note.meaning != .route && note.meaning != .version {
            // The table lists the newest spelling of a meaning first; the first on the span wins.
            guard found[note.meaning] == nil else { continue }
            found[note.meaning] = WireReader(bytes, note.value).value()
        }
        guard !found.isEmpty else { return nil }
        self.operation = found[.operation]?.text
        self.provider = found[.provider]?.text
        self.model = found[.responseModel]?.text ?? found[.requestModel]?.text
        self.tool = found[.tool]?.text
        self.skill = found[.skill]?.text
        self.agent = found[.agent]?.text
        self.reportedCost = found[.cost]?.number
        self.firstChunkSeconds =
            found[.firstChunkSeconds]?.number ?? found[.firstChunkMilliseconds]?.number.map { $0 / 1000 }
        let kinds: [(AttributeMeaning, String)] = [
            (.inputTokens, "input"), (.outputTokens, "output"), (.cacheReadTokens, "cache_read"),
            (.cacheWriteTokens, "cache_write"), (.reasoningTokens, "reasoning"),
        ]
        for (meaning, type) in kinds {
            if let count = found[meaning]?.number, count >= 0, count < 1e15 { self.tokens.append((type, count)) }
        }
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
        func add(_ name: String, _ unit: String, _ kind: Series.Kind, _ labels: [MetricLabel], _ value: SlotValue) {
            counter.add(
                Series(name, unit: unit, kind: kind, subject: .service(service), attributes: labels),
                value,
                isEstimated: estimated
            )
        }
        if let model = self.model {
            let labels = [
                MetricLabel("gen_ai.operation.name", self.operation ?? "chat"),
                MetricLabel("gen_ai.provider.name", self.provider ?? "unknown"),
                MetricLabel("gen_ai.request.model", model),
            ]
            add(MetricName.modelDuration, "s", .histogram, labels + [status], .histogram(duration))
            for (type, count) in self.tokens {
                let label = MetricLabel("gen_ai.token.type", type)
                let nano = ExponentialHistogram.nano(count) * Int128(weight)
                add(MetricName.modelTokens, "{token}", .counter, labels + [label], .counter(nano: nano))
            }
            if let seconds = self.firstChunkSeconds {
                var histogram = ExponentialHistogram()
                histogram.record(seconds, weight: weight)
                add(MetricName.modelFirstChunk, "s", .histogram, labels, .histogram(histogram))
            }
            if let cost = self.reportedCost ?? prices.cost(model: model, tokens: self.tokens) {
                let nano = ExponentialHistogram.nano(cost) * Int128(weight)
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
        if let agent = self.agent, self.operation == "invoke_agent" {
            let labels = [MetricLabel("gen_ai.agent.name", agent), status]
            add(MetricName.agentDuration, "s", .histogram, labels, .histogram(duration))
        }
    }
}
