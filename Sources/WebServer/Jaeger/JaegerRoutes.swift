internal import Hummingbird
internal import NIOCore
internal import OTLP
internal import OTLPMessages
internal import Storage
internal import SwiftProtobuf
internal import Telemetry

/// The query JSON of Jaeger's older UI and of Grafana's data source: four GETs and the dependency graph.
struct JaegerRoutes {
    let reader: any TelemetryReader

    func add(to router: some RouterMethods<APIContext>) {
        router.get("api/services") { _, _ in
            try await self.reader.answer { reader in
                JaegerAnswer.services(try await reader.values(.service, limit: 10_000))
            }
        }
        router.get("api/services/:service/operations") { _, context in
            let service = try context.text("service")
            return try await self.reader.answer { reader in
                JaegerAnswer.operations(try await reader.operations(of: service))
            }
        }
        router.get("api/operations") { request, _ in
            try await self.reader.answer { reader in
                JaegerAnswer.operations(try await reader.jaegerOperations(RequestArguments(request)))
            }
        }
        router.get("api/traces/:id") { _, context in
            let id = try context.text("id")
            return try await self.reader.answer { reader in
                let trace = try await reader.decodedTrace(id)
                return JaegerAnswer.traces([trace], failures: Self.failures(reader.missing))
            }
        }
        router.get("api/traces") { request, _ in
            try await self.reader.answer { try await Self.search(RequestArguments(request), $0) }
        }
        router.get("api/dependencies") { request, _ in
            try await self.reader.answer { try await Self.dependencies(RequestArguments(request), $0) }
        }
    }

    /// As Jaeger tells of a part that it could not get, beside the data.
    private static func failures(_ missing: [String]) -> [JaegerAnswer.Failure] {
        missing.map {
            JaegerAnswer.Failure(code: 503, message: "\($0) did not answer; what it alone holds is missing")
        }
    }

    private static func search(
        _ arguments: RequestArguments,
        _ reader: NotingReader
    ) async throws -> [UInt8] {
        var query = SearchQuery(limit: try arguments.count("limit", 20, in: 1...1500))
        // Times are microseconds since the Unix epoch.
        query.from = try Self.microseconds(arguments, "start") ?? 0
        query.to = try Self.microseconds(arguments, "end") ?? .max
        query.minDuration = try arguments.duration("minDuration") ?? 0
        query.maxDuration = try arguments.duration("maxDuration") ?? .max
        query.attributes = try JaegerTags.parse(arguments)
        guard let service = arguments.text("service") else {
            throw APIFailure(.badRequest, "expected the parameter service")
        }
        query.select(service: service, operation: arguments.text("operation"))
        var traces: [OTLPTracesData] = []
        for hit in try await reader.search(query).hits {
            guard let stored = try await reader.trace(hit.trace) else { continue }
            traces.append(try OTLPTracesData(serializedBytes: stored.spans))
        }
        return JaegerAnswer.traces(traces, limit: query.limit, failures: self.failures(reader.missing))
    }

    private static func dependencies(
        _ arguments: RequestArguments,
        _ reader: NotingReader
    ) async throws -> [UInt8] {
        guard let text = arguments.text("endTs"), let end = UInt64(text), end <= .max / 1_000_000 else {
            throw APIFailure(.badRequest, "expected endTs in milliseconds since the Unix epoch")
        }
        let lookbackText = arguments.text("lookback") ?? "86400000"
        guard let lookback = UInt64(lookbackText) else {
            throw APIFailure(.badRequest, "expected lookback in milliseconds, not \"\(lookbackText)\"")
        }
        var query = SearchQuery(limit: 500)
        query.to = end * 1_000_000
        query.from = (end - min(end, lookback)) * 1_000_000
        var graph = ServiceGraph()
        for hit in try await reader.search(query).hits {
            guard let stored = try await reader.trace(hit.trace) else { continue }
            graph.add(try OTLPTracesData(serializedBytes: stored.spans))
        }
        return JaegerAnswer.dependencies(graph.dependencies)
    }

    private static func microseconds(
        _ arguments: RequestArguments,
        _ name: String
    ) throws(APIFailure) -> UInt64? {
        guard let text = arguments.text(name) else { return nil }
        guard let value = UInt64(text), value <= .max / 1000 else {
            throw APIFailure(
                .badRequest,
                "expected \(name) in microseconds since the Unix epoch, not \"\(text)\""
            )
        }
        return value * 1000
    }
}

extension TelemetryReader {
    /// The names of a service's operations, sorted.
    func operations(of service: String) async throws -> [String] {
        try await self.operationsAnswer(of: service).values
    }

    /// The same, with the names of the nodes that did not answer.
    func operationsAnswer(of service: String) async throws -> ValuesAnswer {
        var answer = try await self.valuesAnswer(.operation, limit: 100_000)
        answer.values = answer.values.compactMap { value in
            let parts = value.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0] == service ? String(parts[1]) : nil
        }
        return answer
    }

    /// The operations that the parameters `service` and, where it is given, `spanKind` ask for, sorted.
    func jaegerOperations(_ arguments: RequestArguments) async throws -> [JaegerOperation] {
        guard let service = arguments.text("service") else {
            throw APIFailure(.badRequest, "expected the parameter service")
        }
        let kind = arguments.text("spanKind", "span_kind")
        let known = ["", "internal", "server", "client", "producer", "consumer"]
        guard kind.map(known.contains) ?? true else {
            throw APIFailure(
                .badRequest,
                "expected spanKind to be internal, server, client, producer or consumer, not \"\(kind ?? "")\""
            )
        }
        return try await self.values(.kindedOperation, limit: 100_000).compactMap { value in
            let parts = value.split(separator: "\0", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == service else { return nil }
            let operation = JaegerOperation(
                name: String(parts[2]),
                kind: parts[1] == "unspecified" ? "" : String(parts[1])
            )
            return kind.map { $0.isEmpty || $0 == operation.kind } ?? true ? operation : nil
        }.sorted { ($0.name, $0.kind) < ($1.name, $1.kind) }
    }

    /// A trace by the text of its id, decoded; short ids are padded as Jaeger does.
    func decodedTrace(_ text: String) async throws -> OTLPTracesData {
        let padded = text.count < 32 ? String(repeating: "0", count: 32 - text.count) + text : text
        guard let id = TraceID(hex: padded) else {
            throw APIFailure(
                .badRequest,
                "expected a trace id of up to 32 hexadecimal digits, not \"\(text)\""
            )
        }
        guard let stored = try await self.trace(id), stored.spanCount > 0 else {
            throw APIFailure(.notFound, "trace not found: \(id.hex)")
        }
        return try OTLPTracesData(serializedBytes: stored.spans)
    }
}

extension SearchQuery {
    /// Narrows to a service, and to one of its operations.
    mutating func select(service: String?, operation: String?) {
        guard let service else { return }
        if let operation, operation != "all" {
            self.terms.append(.operation(service: service, name: operation))
        } else {
            self.terms.append(Term(.service, service))
        }
    }
}

extension APIContext {
    /// A part of the path, percent-decoded.
    func text(_ name: String) throws(APIFailure) -> String {
        guard let value = self.parameters.get(name), let text = value.removingURLPercentEncoding() else {
            throw APIFailure(.badRequest, "expected \(name) in the path")
        }
        return text
    }
}

extension StringProtocol {
    /// Percent-decoded; nil where the escapes or the UTF-8 behind them are broken.
    func removingURLPercentEncoding() -> String? {
        var bytes: [UInt8] = []
        var rest = Array(self.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = Hex.value(rest.prefix(2)) else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: value))
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
