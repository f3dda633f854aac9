internal import Hummingbird
internal import OTLP
internal import OTLPMessages
internal import Storage
internal import SwiftProtobuf
internal import Telemetry

/// Jaeger's query API v3: OTLP-shaped answers.
struct JaegerV3Routes {
    let reader: any TelemetryReader

    func add(to router: some RouterMethods<APIContext>) {
        router.get("api/v3/services") { _, _ in
            try await self.reader.answer { reader in
                JaegerV3Answer.services(try await reader.values(.service, limit: 10_000))
            }
        }
        router.get("api/v3/operations") { request, _ in
            try await self.reader.answer { reader in
                JaegerV3Answer.operations(try await reader.jaegerOperations(RequestArguments(request)))
            }
        }
        router.get("api/v3/traces/:id") { _, context in
            let text = try context.text("id")
            guard let id = TraceID(hex: text) else {
                throw APIFailure(.badRequest, "expected a trace id of 32 hexadecimal digits, not \"\(text)\"")
            }
            return try await self.reader.answer { reader in
                guard let stored = try await reader.trace(id), stored.spanCount > 0 else {
                    throw APIFailure(.notFound, "trace not found: \(id.hex)")
                }
                return try JaegerV3Answer.traces(protobuf: stored.spans)
            }
        }
        router.get("api/v3/traces") { request, _ in
            try await self.reader.answer { reader in
                var bytes: [UInt8] = []
                for hit in try await Self.search(RequestArguments(request), reader).hits {
                    if let stored = try await reader.trace(hit.trace) { bytes += stored.spans }
                }
                return try JaegerV3Answer.traces(protobuf: bytes)
            }
        }
        router.get("api/v3/trace-summaries") { request, _ in
            try await self.reader.answer { reader in
                var summaries: [JaegerTraceSummary] = []
                for hit in try await Self.search(RequestArguments(request), reader).hits {
                    guard let stored = try await reader.trace(hit.trace) else { continue }
                    let trace = try OTLPTracesData(serializedBytes: stored.spans)
                    summaries.append(JaegerTraceSummary(hit, trace))
                }
                return JaegerV3Answer.summaries(summaries)
            }
        }
    }

    private static func search(
        _ arguments: RequestArguments,
        _ reader: NotingReader
    ) async throws -> SearchAnswer {
        let now = ClusterTime(nanoseconds: .max)
        guard let from = try arguments.time("query.startTimeMin", "query.start_time_min", now: now),
            let to = try arguments.time("query.startTimeMax", "query.start_time_max", now: now)
        else {
            throw APIFailure(
                .badRequest,
                "expected query.startTimeMin and query.startTimeMax as RFC 3339 times"
            )
        }
        let depth = arguments.text("query.searchDepth") != nil ? "query.searchDepth" : "query.num_traces"
        var query = SearchQuery(from: from, to: to, limit: try arguments.count(depth, 100, in: 1...1500))
        query.minDuration = try arguments.duration("query.durationMin", "query.duration_min") ?? 0
        query.maxDuration = try arguments.duration("query.durationMax", "query.duration_max") ?? .max
        query.attributes = try JaegerTags.parse(arguments)
        query.select(
            service: arguments.text("query.serviceName", "query.service_name"),
            operation: arguments.text("query.operationName", "query.operation_name")
        )
        return try await reader.search(query)
    }
}

extension JaegerTraceSummary {
    /// Counts a trace's spans by service, its errors, and the spans whose parent is not there.
    init(_ hit: TraceHit, _ trace: OTLPTracesData) {
        var services: [String: Service] = [:]
        var errors = 0
        let spans = trace.resourceSpans.flatMap { group in
            group.scopeSpans.flatMap(\.spans).map { (group.resource.serviceName, $0) }
        }
        let ids = Set(spans.map(\.1.spanID))
        for (name, span) in spans {
            let isError = span.status.code == .error
            services[name, default: Service(name: name, spanCount: 0, errorSpanCount: 0)].spanCount += 1
            services[name]?.errorSpanCount += isError ? 1 : 0
            errors += isError ? 1 : 0
        }
        var id = ByteWriter()
        id.fixed64(hit.trace.high.bigEndian)
        id.fixed64(hit.trace.low.bigEndian)
        self.init(
            traceID: id.bytes,
            rootServiceName: hit.rootService ?? "",
            rootOperationName: hit.rootName ?? "",
            minStartUnixNanoseconds: hit.start,
            maxEndUnixNanoseconds: hit.end,
            spanCount: spans.count,
            errorSpanCount: errors,
            orphanSpanCount: spans.count { !$0.1.parentSpanID.isEmpty && !ids.contains($0.1.parentSpanID) },
            services: services.values.sorted { $0.name < $1.name }
        )
    }
}

extension RequestArguments {
    /// A time under the first of two spellings that is there.
    func time(_ name: String, _ alias: String, now: ClusterTime) throws(APIFailure) -> UInt64? {
        if let time = try self.time(name, now: now) { return time }
        return try self.time(alias, now: now)
    }
}
