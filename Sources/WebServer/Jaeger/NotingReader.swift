internal import HTTPTypes
internal import Hummingbird
internal import OTLP
internal import Storage
internal import Synchronization
internal import Telemetry

/// Reads for one answer, and remembers who did not contribute to it.
///
/// For dialects whose bodies have no place for missing nodes: they are named in a header, `neoscope-missing-nodes`.
final class NotingReader: TelemetryReader {
    private let reader: any TelemetryReader
    private let noted = Mutex<Set<String>>([])

    init(_ reader: any TelemetryReader) { self.reader = reader }

    /// Nodes that did not answer so far, sorted.
    var missing: [String] { self.noted.withLock { $0.sorted() } }

    func trace(_ id: TraceID) async throws -> StoredTrace? {
        let trace = try await self.reader.trace(id)
        self.note(trace?.missing ?? [])
        return trace
    }

    func search(_ query: SearchQuery) async throws -> SearchAnswer {
        let answer = try await self.reader.search(query)
        self.note(answer.missing)
        return answer
    }

    func values(_ field: Term.Field, limit: Int) async throws -> [String] {
        try await self.valuesAnswer(field, limit: limit).values
    }

    func valuesAnswer(_ field: Term.Field, limit: Int) async throws -> ValuesAnswer {
        let answer = try await self.reader.valuesAnswer(field, limit: limit)
        self.note(answer.missing)
        return answer
    }

    func logs(_ query: LogQuery) async throws -> LogAnswer {
        let answer = try await self.reader.logs(query)
        self.note(answer.missing)
        return answer
    }

    func series(_ query: SeriesQuery) async throws -> [SeriesLine] {
        try await self.seriesAnswer(query).lines
    }

    func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer {
        let answer = try await self.reader.seriesAnswer(query)
        self.note(answer.missing)
        return answer
    }

    private func note(_ nodes: [String]) {
        if !nodes.isEmpty { self.noted.withLock { $0.formUnion(nodes) } }
    }
}

extension TelemetryReader {
    /// An answer in JSON, with the names of the nodes that are missing from it in a header.
    func answer(_ body: (NotingReader) async throws -> [UInt8]) async throws -> Response {
        let reader = NotingReader(self)
        var response = Response.json(try await body(reader))
        let missing = reader.missing
        if !missing.isEmpty, let name = HTTPField.Name("neoscope-missing-nodes") {
            response.headers[name] = missing.joined(separator: ", ")
        }
        return response
    }
}
