extension OTLPMessage {
    var traceFields: [OTLPField] {
        switch self {
        case .tracesData: [OTLPField("resourceSpans", 1, .message(.resourceSpans), .repeated)]
        case .resourceSpans: Self.perResource("scopeSpans", .scopeSpans)
        case .scopeSpans: Self.perScope("spans", .span)
        case .event:
            [
                OTLPField("timeUnixNano", 1, .fixed64),
                OTLPField("name", 2, .string),
                Self.attributes(3),
                OTLPField("droppedAttributesCount", 4, .uint32),
            ]
        case .link:
            [
                OTLPField("traceId", 1, .id),
                OTLPField("spanId", 2, .id),
                OTLPField("traceState", 3, .string),
                Self.attributes(4),
                OTLPField("droppedAttributesCount", 5, .uint32),
                OTLPField("flags", 6, .fixed32),
            ]
        case .status:
            [
                OTLPField("message", 2, .string),
                OTLPField("code", 3, .enumeration(.statusCode)),
            ]
        default:
            [
                OTLPField("traceId", 1, .id),
                OTLPField("spanId", 2, .id),
                OTLPField("traceState", 3, .string),
                OTLPField("parentSpanId", 4, .id),
                OTLPField("flags", 16, .fixed32),
                OTLPField("name", 5, .string),
                OTLPField("kind", 6, .enumeration(.spanKind)),
                OTLPField("startTimeUnixNano", 7, .fixed64),
                OTLPField("endTimeUnixNano", 8, .fixed64),
                Self.attributes(9),
                OTLPField("droppedAttributesCount", 10, .uint32),
                OTLPField("events", 11, .message(.event), .repeated),
                OTLPField("droppedEventsCount", 12, .uint32),
                OTLPField("links", 13, .message(.link), .repeated),
                OTLPField("droppedLinksCount", 14, .uint32),
                OTLPField("status", 15, .message(.status), .optional),
            ]
        }
    }

    var logFields: [OTLPField] {
        switch self {
        case .logsData: [OTLPField("resourceLogs", 1, .message(.resourceLogs), .repeated)]
        case .resourceLogs: Self.perResource("scopeLogs", .scopeLogs)
        case .scopeLogs: Self.perScope("logRecords", .logRecord)
        default:
            [
                OTLPField("timeUnixNano", 1, .fixed64),
                OTLPField("observedTimeUnixNano", 11, .fixed64),
                OTLPField("severityNumber", 2, .enumeration(.severityNumber)),
                OTLPField("severityText", 3, .string),
                OTLPField("body", 5, .message(.anyValue), .optional),
                Self.attributes(6),
                OTLPField("droppedAttributesCount", 7, .uint32),
                OTLPField("flags", 8, .fixed32),
                OTLPField("traceId", 9, .id),
                OTLPField("spanId", 10, .id),
                OTLPField("eventName", 12, .string),
            ]
        }
    }

    var answerFields: [OTLPField] {
        switch self {
        case .traceResponse: [OTLPField("partialSuccess", 1, .message(.tracePartialSuccess), .optional)]
        case .metricsResponse: [OTLPField("partialSuccess", 1, .message(.metricsPartialSuccess), .optional)]
        case .logsResponse: [OTLPField("partialSuccess", 1, .message(.logsPartialSuccess), .optional)]
        case .tracePartialSuccess: Self.partialSuccess("rejectedSpans")
        case .metricsPartialSuccess: Self.partialSuccess("rejectedDataPoints")
        case .logsPartialSuccess: Self.partialSuccess("rejectedLogRecords")
        default:
            [
                OTLPField("code", 1, .int32),
                OTLPField("message", 2, .string),
                OTLPField("details", 3, .any, .repeated),
            ]
        }
    }

    private static func partialSuccess(_ rejected: String) -> [OTLPField] {
        [OTLPField(rejected, 1, .int64), OTLPField("errorMessage", 2, .string)]
    }

    static func perResource(_ name: String, _ scopes: OTLPMessage) -> [OTLPField] {
        [
            OTLPField("resource", 1, .message(.resource), .optional),
            OTLPField(name, 2, .message(scopes), .repeated),
            OTLPField("schemaUrl", 3, .string),
        ]
    }

    static func perScope(_ name: String, _ items: OTLPMessage) -> [OTLPField] {
        [
            OTLPField("scope", 1, .message(.scope), .optional),
            OTLPField(name, 2, .message(items), .repeated),
            OTLPField("schemaUrl", 3, .string),
        ]
    }
}
