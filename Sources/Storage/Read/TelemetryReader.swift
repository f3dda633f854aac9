package import Telemetry

/// Answers what was stored: one node's disk, or the whole cluster.
package protocol TelemetryReader: Sendable {
    /// Everything stored under a trace id; nil where nothing is.
    func trace(_ id: TraceID) async throws -> StoredTrace?

    /// Traces that fit, latest start first.
    func search(_ query: SearchQuery) async throws -> SearchAnswer

    /// The distinct values of a field, sorted, at most `limit`.
    func values(_ field: Term.Field, limit: Int) async throws -> [String]

    /// The same, with the names of the nodes that did not answer.
    func valuesAnswer(_ field: Term.Field, limit: Int) async throws -> ValuesAnswer

    /// Log records that fit, as LogsData.
    func logs(_ query: LogQuery) async throws -> LogAnswer

    /// Slots that fit, merged per series and step.
    func series(_ query: SeriesQuery) async throws -> [SeriesLine]

    /// The same, with the names of the nodes that did not answer.
    func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer
}

/// Distinct values, and who did not contribute to them.
package struct ValuesAnswer: Equatable, Sendable {
    /// Sorted.
    package var values: [String]
    /// Nodes that did not answer, sorted; the values may lack what only they hold.
    package var missing: [String]

    /// An answer with these values.
    package init(values: [String], missing: [String] = []) {
        self.values = values
        self.missing = missing
    }
}

extension TelemetryReader {
    /// The values of a reader that nobody can be missing from.
    package func valuesAnswer(_ field: Term.Field, limit: Int) async throws -> ValuesAnswer {
        ValuesAnswer(values: try await self.values(field, limit: limit))
    }

    /// The lines of a reader that nobody can be missing from.
    package func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer {
        SeriesAnswer(lines: try await self.series(query))
    }
}
