/// The bodies of the API as the screens need them; keys are the API's, without underscores.
struct TraceLine: Decodable {
    var traceId: String
    var rootService: String?
    var rootOperation: String?
    var startTime: String
    var durationMs: Double
    var spans: Int
    var errors: Int
}

struct SearchAnswerBody: Decodable {
    var traces: [TraceLine]
    var complete: Bool
    var missingNodes: [String]
}

struct TraceAnswer: Decodable {
    struct Span: Decodable {
        var spanId: String
        var parentSpanId: String?
        var operationName: String
        var startTimeUnixNano: String
        var durationMs: Double
        var status: String
        var service: String
        var kind: String
        var statusMessage: String?
        var clockAdjustedMs: Double?
    }

    var traceId: String
    var spans: [Span]
    var duplicateSpans: Int
    var logs: [LogLine]?
    var missingNodes: [String]
}

struct LogLine: Decodable {
    var time: String
    var service: String
    var severity: String
    var body: TextOrOther
    var traceId: String
}

struct LogAnswerBody: Decodable {
    var logs: [LogLine]?
    var complete: Bool
    var missingNodes: [String]
}

/// A JSON value shown as one line of text.
struct TextOrOther: Decodable {
    var text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let number = try? container.decode(Double.self) {
            self.text = String(number)
        } else {
            self.text = "(structured)"
        }
    }
}

struct MetricsAnswerBody: Decodable {
    struct Line: Decodable {
        var name: String
        var unit: String
        var labels: [String: String]
        var points: [Point]
    }

    struct Value: Decodable {
        var sum: Double?
        var last: Double?
        var min: Double?
        var max: Double?
        var mean: Double?
        var count: Double?
        var p50: Double?
        var p95: Double?
        var p99: Double?
        var distinct: Double?
    }

    struct Point: Decodable {
        var time: String
        var sum: Double?
        var last: Double?
        var min: Double?
        var max: Double?
        var mean: Double?
        var count: Double?
        var p50: Double?
        var p95: Double?
        var p99: Double?
    }

    var from: String
    var to: String
    var series: [Line]
    var missingNodes: [String]
}

struct LatestAnswerBody: Decodable {
    struct Window: Decodable {
        var from: String
        var to: String
    }

    struct Line: Decodable {
        var name: String
        var labels: [String: String]
        var unsettled: Bool
        var slots: Int
        var value: MetricsAnswerBody.Value
    }

    var window: Window?
    var series: [Line]
}

struct ReportAnswer: Decodable {
    struct Health: Decodable {
        struct Details: Decodable {
            var failing: [String]
        }

        var status: String
        var score: Int
        var details: Details
    }

    struct Node: Decodable {
        var hostName: String
        var version: String
    }

    struct Operation: Decodable {
        var service: String
        var operation: String?
        var kind: String?
        var count: UInt64
        var ratePerSecond: Double
        var errors: UInt64
        var errorRatio: Double
        var totalMs: Double
        var p50Ms: Double?
        var p95Ms: Double?
        var p99Ms: Double?
        var maxMs: Double?
    }

    struct Process: Decodable {
        var pid: Int
        var name: String
        var cpuCores: Double?
        var residentBytes: Double
        var readBytesPerSecond: Double?
        var writtenBytesPerSecond: Double?
    }

    struct Memory: Decodable {
        var total: Double?
        var used: Double?
        var available: Double?
        var swapTotal: Double?
        var swapUsed: Double?
    }

    struct Disk: Decodable {
        var name: String
        var utilization: Double?
        var awaitSeconds: Double?
        var readBytesPerSecond: Double?
        var writtenBytesPerSecond: Double?
    }

    struct Filesystem: Decodable {
        var mountPoint: String
        var usedShare: Double
        var availableBytes: Double
    }

    struct Network: Decodable {
        var receivedBytesPerSecond: Double?
        var sentBytesPerSecond: Double?
        var retransmitRatio: Double?
    }

    struct Pressure: Decodable {
        var someAvg10: Double?
        var fullAvg10: Double?
    }

    struct Host: Decodable {
        var live: Bool
        var name: String
        var kernel: String?
        var distribution: String?
        var cores: Double?
        var uptimeSeconds: Double?
        var cpuUtilization: Double?
        var cpuPeak: Double?
        var load: [Double?]
        var pressure: [String: Pressure]
        var memory: Memory
        var busiestDisk: Disk?
        var fullestFilesystem: Filesystem?
        var network: Network
        var topCpu: [Process]?
        var topMemory: [Process]?
    }

    /// A host of the cluster, over the range.
    struct Place: Decodable {
        var hostId: String
        var node: String?
        var figures: Host
    }

    struct Cluster: Decodable {
        var cluster: String
        var node: String
        var parameters: ClusterAnswer.Parameters
        var partitions: ClusterAnswer.Coverage
        var owedFrames: UInt64
        var foreignChunks: UInt64
        var members: [MembersAnswer.Member]
        var agents: [MembersAnswer.Agent]
    }

    struct SlowOperation: Decodable {
        struct Example: Decodable {
            var traceId: String
            var durationMs: Double
        }

        var service: String
        var operation: String
        var p99Ms: Double?
        var maxMs: Double?
        var example: Example?
    }

    struct Drop: Decodable {
        var kind: String
        var signal: String?
        var stage: String?
        var reason: String
        var count: Double
        var nodes: [String]
    }

    struct AgentLine: Decodable {
        var metric: String
        var labels: [String: String]
        var count: Double?
        var sum: Double?
        var p50: Double?
        var p95: Double?

        var isError: Bool { self.labels["status.code"] == "error" }
    }

    var from: String
    var to: String
    var answeredBy: Node
    var host: Host?
    var services: [Operation]
    var operations: [Operation]
    var slowestOperations: [SlowOperation]
    var slowestTraces: [TraceLine]
    var hosts: [Place]
    var cluster: Cluster?
    var drops: [Drop]
    var missingNodes: [String]
    var models: [AgentLine]
    var tools: [AgentLine]
    var skills: [AgentLine]
    var health: Health
}
