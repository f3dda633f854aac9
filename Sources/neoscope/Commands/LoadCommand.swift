internal import ArgumentParser
internal import Compression
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Node
internal import OTLP
internal import OTLPTransport
internal import Telemetry
internal import Workload

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Send realistic synthetic OTLP: agents, skills, model calls, errors.",
        discussion:
            "Prints what was accepted and refused, and how long answers took. Exits 1 when nothing was accepted. "
            + "OTEL_EXPORTER_OTLP_HEADERS, and the forms for traces, metrics and logs of it and of the endpoint, are "
            + "heeded too."
    )

    enum Transport: String, ExpressibleByArgument, CaseIterable {
        case http
        case json
        case grpc
    }

    enum Shape: String, ExpressibleByArgument, CaseIterable {
        case agent
        case fixed
    }

    @Option(
        help:
            "URL to which /v1/traces and its like are added. Default: $OTEL_EXPORTER_OTLP_ENDPOINT, else http://127.0.0.1:4318 or :4317."
    )
    var endpoint: String?

    @Option(name: .customLong("protocol"), help: "http (protobuf), json (over HTTP) or grpc.")
    var transport = Transport.http

    @Option(
        help: "agent: traces of an agent's work, with logs and metrics; fixed: the shape that benchmarks use."
    )
    var shape = Shape.agent

    @Option(help: "Items per second over all connections; 0 sends as fast as answers come.")
    var rate = 1000.0

    @Option(help: "Items per request; fewer where the rate asks for fewer in all.")
    var batch = 100

    @Option(help: "How long, as 10s.")
    var duration = "10s"

    @Option(help: "Connections that send at the same time.")
    var connections = 2

    @Option(help: "The same seed sends the same work.")
    var seed: UInt64 = 1

    @Flag(help: "Compress bodies with gzip.")
    var gzip = false

    @Flag(help: "Put prompts and answers into the spans.")
    var content = false

    @Option(help: "Write the trace ids of accepted requests to this file, one a line; at most a million.")
    var traceIds: String?

    @Option(
        help:
            "Write what became of every trace's spans to this file as it goes, a JSON line each; reconnects where a server goes."
    )
    var report: String?

    @OptionGroup var access: CredentialOptions

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    func validate() throws {
        guard (1...Batch.itemsMax).contains(self.batch) else {
            throw ValidationError("Expected --batch from 1 to \(Batch.itemsMax).")
        }
        guard (1...1000).contains(self.connections) else {
            throw ValidationError("Expected --connections from 1 to 1000.")
        }
        guard self.rate >= 0, self.rate.isFinite else {
            throw ValidationError("Expected --rate of at least 0.")
        }
        guard self.seconds != nil else { throw ValidationError("Expected --duration such as 10s.") }
    }

    private var seconds: Double? { ConfigurationValue.seconds(self.duration) }

    func run() async throws {
        let credentials = self.access.credentials
        let routes = try LoadRoutes(
            endpoint: self.endpoint,
            credentials: credentials,
            isGRPC: self.transport == .grpc,
            environment: ProcessInfo.processInfo.environment
        )
        let seconds = self.seconds ?? 10
        let group = MultiThreadedEventLoopGroup.singleton
        let report = try self.report.map { try LoadReport(path: $0) }
        let started = ContinuousClock.now
        let end = started + .seconds(seconds)
        var tally = LoadTally()
        try await withThrowingTaskGroup(of: LoadTally.self) { tasks in
            for index in 0..<self.connections {
                let source = try self.source(index)
                let isGRPC = self.transport == .grpc
                let connect: @Sendable () async throws -> LoadConnections = {
                    try await LoadConnections(
                        to: routes,
                        credentials: credentials,
                        isGRPC: isGRPC,
                        group: group
                    )
                }
                let line = Line(
                    connection: try await connect(),
                    connect: report == nil ? nil : connect,
                    routes: routes,
                    index: index,
                    report: report
                )
                tasks.addTask { await self.drive(line, source, from: started, until: end) }
            }
            for try await part in tasks { tally.add(part) }
        }
        let elapsed = (ContinuousClock.now - started) / .seconds(1)
        if let path = self.traceIds {
            let text = tally.traceIDs.map { $0.hex + "\n" }.joined()
            do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
                throw CommandFailure.runtime("cannot write \(path): \(error)")
            }
        }
        switch self.output {
        case .json: StandardOutput.write(try tally.json(seconds: elapsed))
        case .table: StandardOutput.write(tally.text(seconds: elapsed))
        }
        if tally.acceptedItems == 0 { throw ExitCode(1) }
    }

    /// What one loop sends on.
    private struct Line: Sendable {
        var connection: any LoadConnection
        /// Opens another one in place of one that ended; nil where that ends the line.
        var connect: (@Sendable () async throws -> LoadConnections)?
        var routes: LoadRoutes
        var index: Int
        var report: LoadReport?
    }

    /// Items per request; one request is not to send more than the rate allows in all the time.
    private var batchSize: Int {
        guard self.rate > 0 else { return self.batch }
        return Int(max(1, min(Double(self.batch), self.rate * (self.seconds ?? 0))))
    }

    /// One connection's loop: bounded by time, paced by its share of the rate.
    private func drive(
        _ line: Line,
        _ source: LoadSource,
        from started: ContinuousClock.Instant,
        until end: ContinuousClock.Instant
    ) async -> LoadTally {
        var source = source
        var connection = line.connection
        var tally = LoadTally()
        let gap = self.rate > 0 ? Double(self.batchSize * self.connections) / self.rate : 0
        var due = started + .seconds(gap * Double(line.index) / Double(self.connections))
        while ContinuousClock.now < end {
            if gap > 0 {
                // Also behind the last request: what is told per second holds for the whole time.
                try? await Task.sleep(until: min(due, end), clock: .continuous)
                guard due < end else { break }
                due += .seconds(gap)
            }
            let batch = source.next()
            guard let request = self.request(batch, line.routes) else { break }
            tally.requests += 1
            tally.sentBytes += UInt64(request.body.readableBytes)
            let begun = ContinuousClock.now
            do {
                let outcome = try await connection.send(request)
                let taken = (ContinuousClock.now - begun) / .seconds(1)
                tally.latency.record(taken)
                switch outcome {
                case .accepted:
                    line.report?.write(batch, .acknowledged)
                    tally.accepted[batch.signal.name, default: 0] += UInt64(batch.itemCount)
                    if self.traceIds != nil, tally.traceIDs.count < 1_000_000 / self.connections {
                        tally.traceIDs.append(contentsOf: batch.traceIDs)
                    }
                case .refused(let status, let isRetryable):
                    line.report?.write(batch, .refused)
                    tally.refused[status, default: 0] += UInt64(batch.itemCount)
                    if isRetryable { try? await Task.sleep(for: .milliseconds(100)) }
                }
            } catch {
                tally.failedRequests += 1
                tally.failures["\(error)", default: 0] += 1
                line.report?.write(batch, .unknown)
                await connection.close()
                guard let next = await Self.reconnect(line, until: end) else { return tally }
                connection = next
            }
        }
        await connection.close()
        return tally
    }

    /// Connects again, five times a second, until the time is over; nil where the line ends with its connection.
    private static func reconnect(
        _ line: Line,
        until end: ContinuousClock.Instant
    ) async -> (any LoadConnection)? {
        guard let connect = line.connect else { return nil }
        while ContinuousClock.now < end {
            if let connection = try? await connect() { return connection }
            try? await Task.sleep(for: .milliseconds(200))
        }
        return nil
    }

    private func request(_ batch: Batch, _ routes: LoadRoutes) -> LoadRequest? {
        let signal: LoadSignal =
            switch batch.signal {
            case .spans, .slots: .traces
            case .logs: .logs
            case .points: .metrics
            }
        var bytes = batch.bytes
        if self.transport == .json {
            let kind: OTLPSignal =
                switch signal {
                case .traces: .traces
                case .logs: .logs
                case .metrics: .metrics
                }
            guard let json = try? OTLPJSON.json(from: bytes, as: .request(kind)) else { return nil }
            bytes = json
        }
        if self.gzip {
            guard let packed = Gzip.compress(bytes) else { return nil }
            bytes = packed
        }
        return LoadRequest(
            signal: signal,
            route: routes[signal],
            body: ByteBuffer(bytes: bytes),
            isCompressed: self.gzip,
            isJSON: self.transport == .json
        )
    }

    private func source(_ index: Int) throws -> LoadSource {
        let seed = SplitMix64.mixed(self.seed &+ UInt64(index))
        switch self.shape {
        case .agent:
            var options = AgentScenarioOptions()
            options.seed = seed
            options.capturesContent = self.content
            return LoadSource(.agent(try AgentScenario(options)), batchSize: self.batchSize)
        case .fixed:
            return LoadSource(
                .fixed(PatchedBatch.benchmark(seed: seed, spans: self.batchSize)),
                batchSize: self.batchSize
            )
        }
    }
}
