/// The bodies of the API as the screens need them; keys are the API's.
struct TraceLine: Decodable {
    var trace_id: String
    var root_service: String?
    var root_operation: String?
    var start_time: String
    var duration_ms: Double
    var spans: Int
    var errors: Int
}

struct SearchAnswerBody: Decodable {
    var traces: [TraceLine]
    var complete: Bool
}

struct TraceAnswer: Decodable {
    struct Span: Decodable {
        var span_id: String
        var parent_span_id: String?
        var operation_name: String
        var start_time_unix_nano: String
        var duration_ms: Double
        var status: String
        var service: String
        var kind: String
        var status_message: String?
    }

    var trace_id: String
    var spans: [Span]
    var duplicate_spans: Int
    var logs: [LogLine]?
}

struct LogLine: Decodable {
    var time: String
    var service: String
    var severity: String
    var body: TextOrOther
    var trace_id: String
}

struct LogAnswerBody: Decodable {
    var logs: [LogLine]?
    var complete: Bool
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
}

struct ReportAnswer: Decodable {
    struct Health: Decodable {
        var status: String
        var score: Int
    }

    struct Node: Decodable {
        var host_name: String
        var version: String
    }

    struct Operation: Decodable {
        var service: String
        var operation: String?
        var kind: String?
        var count: UInt64
        var rate_per_second: Double
        var errors: UInt64
        var error_ratio: Double
        var total_ms: Double
        var p50_ms: Double?
        var p95_ms: Double?
        var p99_ms: Double?
        var max_ms: Double?
    }

    struct Process: Decodable {
        var pid: Int
        var name: String
        var cpu_cores: Double?
        var resident_bytes: Double
        var read_bytes_per_second: Double?
        var written_bytes_per_second: Double?
    }

    struct Memory: Decodable {
        var total: Double?
        var used: Double?
        var available: Double?
        var swap_total: Double?
        var swap_used: Double?
    }

    struct Disk: Decodable {
        var name: String
        var utilization: Double?
        var await_seconds: Double?
        var read_bytes_per_second: Double?
        var written_bytes_per_second: Double?
    }

    struct Filesystem: Decodable {
        var mount_point: String
        var used_share: Double
        var available_bytes: Double
    }

    struct Network: Decodable {
        var received_bytes_per_second: Double?
        var sent_bytes_per_second: Double?
        var retransmit_ratio: Double?
    }

    struct Pressure: Decodable {
        var some_avg10: Double?
        var full_avg10: Double?
    }

    struct Host: Decodable {
        var name: String
        var kernel: String
        var distribution: String
        var cores: Double?
        var uptime_seconds: Double?
        var cpu_utilization: Double?
        var load: [Double?]
        var pressure: [String: Pressure]
        var memory: Memory
        var busiest_disk: Disk?
        var fullest_filesystem: Filesystem?
        var network: Network
        var top_cpu: [Process]
        var top_memory: [Process]
    }

    struct AgentLine: Decodable {
        var metric: String
        var model: String?
        var tool: String?
        var skill: String?
        var token: String?
        var status: String?
        var count: Double?
        var sum: Double?
        var p50: Double?
        var p95: Double?

        enum CodingKeys: String, CodingKey {
            case metric
            case model = "gen_ai.request.model"
            case tool = "gen_ai.tool.name"
            case skill = "skill.name"
            case token = "gen_ai.token.type"
            case status = "status.code"
            case count
            case sum
            case p50
            case p95
        }
    }

    var from: String
    var to: String
    var node: Node
    var host: Host?
    var services: [Operation]
    var operations: [Operation]
    var slowest_traces: [TraceLine]
    var models: [AgentLine]
    var tools: [AgentLine]
    var skills: [AgentLine]
    var health: Health
}
