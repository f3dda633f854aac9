internal import NIOCore

/// One connection that sends requests one after the other and hears what became of each.
protocol LoadConnection: Sendable {
    /// Sends one request and waits for its answer.
    func send(_ request: LoadRequest) async throws -> LoadOutcome

    func close() async
}

/// One Export request, ready to go.
struct LoadRequest: Sendable {
    var signal: LoadSignal
    var route: LoadRoute
    var body: ByteBuffer
    var isCompressed = false
    var isJSON = false
}

enum LoadSignal: String, CaseIterable, Sendable {
    case traces
    case metrics
    case logs

    var grpcPath: String {
        switch self {
        case .traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        case .metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        case .logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
        }
    }
}

/// What became of a request.
enum LoadOutcome: Equatable, Sendable {
    case accepted
    /// The server said no; the status, and whether it asks to come back.
    case refused(status: String, isRetryable: Bool)
}

/// Why a connection cannot be used.
enum LoadFailure: Error, CustomStringConvertible {
    case closed
    case unexpectedAnswer(String)

    var description: String {
        switch self {
        case .closed: "the server closed the connection"
        case .unexpectedAnswer(let detail): "the server answered what was not expected: \(detail)"
        }
    }
}
