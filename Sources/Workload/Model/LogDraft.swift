import Telemetry

/// A log record before it is encoded.
struct LogDraft: Sendable {
    /// Severities as SeverityNumber of logs.proto has them.
    enum Severity: Sendable {
        case debug
        case information
        case warning
        case error

        var number: UInt64 {
            switch self {
            case .debug: 5
            case .information: 9
            case .warning: 13
            case .error: 17
            }
        }

        var text: String {
            switch self {
            case .debug: "DEBUG"
            case .information: "INFO"
            case .warning: "WARN"
            case .error: "ERROR"
            }
        }
    }

    /// Index of its service in the fleet.
    var service: Int
    /// Nanoseconds since the Unix epoch.
    var time: UInt64
    var observed: UInt64
    var severity: Severity
    var body: String
    var attributes: [Attribute]
    /// Nil outside any trace.
    var trace: TraceID?
    var span: SpanID?
    var event: String?
}
