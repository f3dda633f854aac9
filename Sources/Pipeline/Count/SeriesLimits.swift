/// How many different series one origin may make in one window.
package struct SeriesLimits: Equatable, Sendable {
    /// How many series there are in all.
    package var seriesMax: Int
    /// How many of them one service gets.
    package var seriesPerServiceMax: Int
    /// How many services get series of their own.
    package var servicesMax: Int

    /// - Precondition: Every limit is positive.
    package init(seriesMax: Int, seriesPerServiceMax: Int, servicesMax: Int) {
        precondition(seriesMax > 0 && seriesPerServiceMax > 0 && servicesMax > 0, "limits are positive")
        self.seriesMax = seriesMax
        self.seriesPerServiceMax = seriesPerServiceMax
        self.servicesMax = servicesMax
    }

    /// A collector's door: many services.
    package static let door = SeriesLimits(seriesMax: 20_000, seriesPerServiceMax: 500, servicesMax: 2_000)
    /// An agent: what one host runs.
    package static let agent = SeriesLimits(seriesMax: 2_000, seriesPerServiceMax: 500, servicesMax: 500)
}

/// The name under which everything beyond a limit is counted.
package enum OverflowName {
    /// A span name, a service name, or the attribute of an overflow series.
    package static let text = "otel.metric.overflow"
}

/// The names of the metrics that an edge makes itself.
package enum MetricName {
    /// Duration of spans by operation and status; its count is the rate.
    package static let spanDuration = "traces.span.duration"
    /// Duration of model calls by operation, provider and model.
    package static let modelDuration = "gen_ai.client.operation.duration"
    /// Time until the first part of an answer.
    package static let modelFirstChunk = "gen_ai.client.operation.time_to_first_chunk"
    /// Tokens by `gen_ai.token.type`.
    package static let modelTokens = "gen_ai.client.inference.tokens"
    /// United States dollars, as reported or by the price table.
    package static let modelCost = "gen_ai.client.cost"
    /// Duration of tool calls by tool.
    package static let toolDuration = "gen_ai.execute_tool.duration"
    /// Duration of agent runs by agent.
    package static let agentDuration = "gen_ai.invoke_agent.duration"
    /// Duration of skills by skill.
    package static let skillDuration = "neoscope.skill.duration"
    /// Different sessions.
    package static let sessions = "neoscope.sessions"
    /// Log records by severity.
    package static let logRecords = "neoscope.log.records"
}
