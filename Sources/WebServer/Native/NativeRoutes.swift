internal import HTTPTypes
internal import Hummingbird
internal import OTLP
internal import OTLPMessages
internal import Pipeline
internal import Storage
internal import SwiftProtobuf
internal import Telemetry

/// The program's own API under `/api/v1`, described by `configs/openapi.yaml`.
struct NativeRoutes {
    let reader: any TelemetryReader
    let status: any NodeStatus

    func add(to router: some RouterMethods<APIContext>) {
        router.get("api/v1/traces/:id") { request, context in
            try await self.trace(RequestArguments(request), try context.text("id"))
        }
        router.get("api/v1/traces") { request, _ in try await self.search(RequestArguments(request)) }
        router.get("api/v1/services") { _, _ in try await self.services() }
        router.get("api/v1/services/:service/operations") { _, context in
            let answer = try await self.reader.operationsAnswer(of: try context.text("service"))
            return Self.list("operations", answer)
        }
        router.get("api/v1/logs") { request, _ in try await self.logs(RequestArguments(request)) }
        router.get("api/v1/metrics") { request, _ in try await self.metrics(RequestArguments(request)) }
        router.get("api/v1/metrics/latest") { request, _ in try await self.latest(RequestArguments(request)) }
        router.get("api/v1/report") { request, _ in try await self.report(RequestArguments(request)) }
        router.get("api/v1/health") { request, _ in try await self.health(RequestArguments(request)) }
        router.get("api/v1/node") { _, _ in
            var writer = JSONWriter()
            writer.node(self.status.identity)
            return Response.json(writer.bytes)
        }
    }

    private func trace(_ arguments: RequestArguments, _ text: String) async throws -> Response {
        guard let id = TraceID(hex: text) else {
            throw APIFailure(.badRequest, "expected a trace id of 32 hexadecimal digits, not \"\(text)\"")
        }
        guard let stored = try await self.reader.trace(id) else {
            throw APIFailure(.notFound, "trace not found: \(id.hex)")
        }
        switch arguments.text("format") {
        case "otlp":
            // TracesData has no place for who is missing.
            var response = Response.json(try OTLPJSON.json(from: stored.spans, as: .request(.traces)))
            if !stored.missing.isEmpty, let name = HTTPField.Name("neoscope-missing-nodes") {
                response.headers[name] = stored.missing.joined(separator: ",")
            }
            return response
        case "seed", nil: break
        case let other?: throw APIFailure(.badRequest, "expected format to be seed or otlp, not \"\(other)\"")
        }
        let seed =
            stored.spanCount == 0
            ? Array("{\"trace_id\":\"\(id.hex)\",\"spans\":[]}".utf8)
            : try Self.seedTrace(stored, isAligned: try Self.isAligned(arguments))
        // The seed's object is opened at its end to take more keys; it is ours and ends with a brace.
        var bytes = Array(seed.dropLast())
        var more = JSONWriter()
        more.object { body in
            body.member("span_count", stored.spanCount)
            body.member("duplicate_spans", stored.duplicateCount)
            body.member("damaged_frames", stored.damagedFrames)
            body.member("log_count", stored.logCount)
            body.key("logs")
            body.logRecords(stored.logs)
            body.member("missing_nodes", stored.missing)
        }
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: more.bytes.dropFirst())
        return .json(bytes)
    }

    /// Whether differences between hosts' clocks are to be evened out: yes, but for `align=off`.
    private static func isAligned(_ arguments: RequestArguments) throws -> Bool {
        switch arguments.text("align") {
        case "on", nil: return true
        case "off": return false
        case let other?: throw APIFailure(.badRequest, "expected align to be on or off, not \"\(other)\"")
        }
    }

    private static func seedTrace(_ stored: StoredTrace, isAligned: Bool) throws -> [UInt8] {
        var trace = try OTLPTracesData(serializedBytes: stored.spans)
        let moved = isAligned ? ClockAlignment.align(&trace) : [:]
        return SeedTrace.json(of: trace, moved: moved)
    }

    private func search(_ arguments: RequestArguments) async throws -> Response {
        let now = self.status.now()
        var query = SearchQuery(limit: try arguments.count("limit", 20, in: 1...1000))
        let range = try arguments.range(now: now)
        query.from = range.from ?? 0
        query.to = range.to ?? .max
        query.minDuration = try arguments.duration("min_duration") ?? 0
        query.maxDuration = try arguments.duration("max_duration") ?? .max
        query.onlyErrors = try arguments.flag("errors")
        query.attributes = try JaegerTags.parse(arguments)
        let service = arguments.text("service")
        let operation = arguments.text("operation")
        guard service != nil || operation == nil else {
            throw APIFailure(.badRequest, "expected the parameter service beside operation")
        }
        query.select(service: service, operation: operation)
        let fields: [(String, Term.Field)] = [
            ("session", .session), ("model", .model), ("tool", .tool), ("skill", .skill), ("host", .host),
            ("version", .version), ("route", .route),
        ]
        for (name, field) in fields {
            if let value = arguments.text(name) { query.terms.append(Term(field, value)) }
        }
        let answer = try await self.reader.search(query)
        var writer = JSONWriter()
        writer.object { body in
            body.key("traces")
            body.array(of: answer.hits) { $0.traceHit($1) }
            body.member("complete", answer.isComplete)
            body.member("missing_nodes", answer.missing)
        }
        return .json(writer.bytes)
    }

    private func services() async throws -> Response {
        Self.list("services", try await self.reader.valuesAnswer(.service, limit: 10_000))
    }

    private func logs(_ arguments: RequestArguments) async throws -> Response {
        let now = self.status.now()
        var query = LogQuery(limit: try arguments.count("limit", 100, in: 1...10_000))
        if let text = arguments.text("trace") {
            guard let id = TraceID(hex: text) else {
                throw APIFailure(.badRequest, "expected trace to be 32 hexadecimal digits, not \"\(text)\"")
            }
            query.trace = id
        }
        query.service = arguments.text("service")
        let range = try arguments.range(now: now)
        query.from = range.from ?? 0
        query.to = range.to ?? .max
        query.minSeverity = UInt8(try arguments.count("min_severity", 0, in: 0...24))
        let answer = try await self.reader.logs(query)
        var writer = JSONWriter()
        writer.object { body in
            body.key("logs")
            body.logRecords(answer.logs, limit: query.limit)
            body.member("complete", answer.isComplete)
            body.member("missing_nodes", answer.missing)
        }
        return .json(writer.bytes)
    }

    private func metrics(_ arguments: RequestArguments) async throws -> Response {
        let now = self.status.now()
        var query = SeriesQuery()
        if let name = arguments.text("name") { query.names = [name] }
        let range = try arguments.range(now: now)
        query.to = range.to ?? now.nanoseconds
        query.from = range.from ?? (query.to - min(query.to, 900_000_000_000))
        query.step = try arguments.duration("step")
        let answer = try await self.reader.seriesAnswer(query)
        let by = arguments.text("by")?.split(separator: ",").map(String.init)
        try MetricsAnswer.check(by ?? [], against: answer.lines)
        return .json(MetricsAnswer.json(answer, by: by, query, answeredBy: self.status.identity))
    }

    private func latest(_ arguments: RequestArguments) async throws -> Response {
        let names = arguments.text("name").map { Set([$0]) } ?? []
        let totals = await self.status.latestTotals(names)
        let by = arguments.text("by")?.split(separator: ",").map(String.init)
        let lines = totals?.lines.map { SeriesLine(series: $0.series, points: [], isEstimated: false) }
        try MetricsAnswer.check(by ?? [], against: lines ?? [])
        return .json(LatestAnswer.json(totals, by: by, answeredBy: self.status.identity))
    }

    private func report(_ arguments: RequestArguments) async throws -> Response {
        let (from, to) = try self.lastHour(arguments)
        let isOfThePast = arguments.isPresent("from") && arguments.isPresent("to")
        let maker = ReportMaker(reader: self.reader, status: self.status)
        func report(withTimeline: Bool) async throws -> Report {
            try await maker.report(
                from: from,
                to: to,
                isOfThePast: isOfThePast,
                withTimeline: withTimeline
            )
        }
        switch arguments.text("format") {
        case "json", nil:
            let withTimeline = try arguments.flag("timeline")
            return .json(try await report(withTimeline: withTimeline).json)
        case "html": return .page(ReportPage(try await report(withTimeline: true)).html)
        case let other?:
            throw APIFailure(.badRequest, "expected format to be json or html, not \"\(other)\"")
        }
    }

    /// Asks for no more than the formula needs: watchers come often.
    private func health(_ arguments: RequestArguments) async throws -> Response {
        let (from, to) = try self.lastHour(arguments)
        let query = SeriesQuery.windows([MetricName.spanDuration], from: from, to: to)
        let answer = try await self.reader.seriesAnswer(query)
        var writer = JSONWriter()
        writer.health(SeedHealth(of: answer.lines), failing: await self.failing(), missing: answer.missing)
        return .json(writer.bytes)
    }

    /// The range that was asked for; without `from` an hour.
    private func lastHour(_ arguments: RequestArguments) throws(APIFailure) -> (from: UInt64, to: UInt64) {
        let now = self.status.now()
        let range = try arguments.range(now: now)
        let to = range.to ?? now.nanoseconds
        return (range.from ?? (to - min(to, 3600_000_000_000)), to)
    }

    private func failing() async -> [ComponentHealth] {
        await self.status.components().filter { $0.state == .unhealthy }
    }

    private static func list(_ key: String, _ answer: ValuesAnswer) -> Response {
        var writer = JSONWriter()
        writer.object { body in
            body.member(key, answer.values)
            body.member("missing_nodes", answer.missing)
        }
        return .json(writer.bytes)
    }
}
