package import Telemetry

/// Answers what was stored: one node's disk, or the whole cluster.
package protocol TelemetryReader: Sendable {
    /// Everything stored under a trace id; nil where nothing is.
    func trace(_ id: TraceID) async throws -> StoredTrace?

    /// Traces that fit, latest start first.
    func search(_ query: SearchQuery) async throws -> SearchAnswer

    /// The distinct values of a field, sorted, at most `limit`.
    func values(_ field: Term.Field, limit: Int) async throws -> [String]

    /// Log records that fit, as LogsData.
    func logs(_ query: LogQuery) async throws -> LogAnswer

    /// Slots that fit, merged per series and step.
    func series(_ query: SeriesQuery) async throws -> [SeriesLine]

    /// The same, with the names of the nodes that did not answer.
    func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer
}

extension TelemetryReader {
    /// The lines of a reader that nobody can be missing from.
    package func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer {
        SeriesAnswer(lines: try await self.series(query))
    }
}
