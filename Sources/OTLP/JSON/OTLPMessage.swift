/// The messages that have a JSON form, and their fields: the one table that both directions follow.
///
/// Fields stand in the order of the `.proto` files; a test compares the two.
enum OTLPMessage: Int, CaseIterable, Sendable {
    case anyValue
    case arrayValue
    case keyValueList
    case keyValue
    case scope
    case entityRef
    case resource
    case tracesData
    case resourceSpans
    case scopeSpans
    case span
    case event
    case link
    case status
    case logsData
    case resourceLogs
    case scopeLogs
    case logRecord
    case metricsData
    case resourceMetrics
    case scopeMetrics
    case metric
    case gauge
    case sum
    case histogram
    case exponentialHistogram
    case summary
    case numberDataPoint
    case histogramDataPoint
    case exponentialHistogramDataPoint
    case buckets
    case summaryDataPoint
    case valueAtQuantile
    case exemplar
    case traceResponse
    case metricsResponse
    case logsResponse
    case tracePartialSuccess
    case metricsPartialSuccess
    case logsPartialSuccess
    case rpcStatus

    /// How many bytes the length of such a message usually takes; a wrong guess costs a move.
    var lengthBytesGuess: Int {
        switch self {
        case .tracesData, .logsData, .metricsData: 0
        case .resourceSpans, .scopeSpans, .resourceLogs, .scopeLogs, .resourceMetrics, .scopeMetrics: 3
        case .span, .resource, .logRecord, .metric, .gauge, .sum, .histogram, .exponentialHistogram, .summary:
            2
        default: 1
        }
    }

    /// The fields, in the order in which JSON is written.
    var fields: [OTLPField] {
        switch self {
        case .anyValue, .arrayValue, .keyValueList, .keyValue, .scope, .entityRef, .resource:
            self.commonFields
        case .tracesData, .resourceSpans, .scopeSpans, .span, .event, .link, .status: self.traceFields
        case .logsData, .resourceLogs, .scopeLogs, .logRecord: self.logFields
        case .metricsData, .resourceMetrics, .scopeMetrics, .metric, .gauge, .sum, .histogram,
            .exponentialHistogram, .summary:
            self.metricFields
        case .numberDataPoint, .histogramDataPoint, .exponentialHistogramDataPoint, .buckets,
            .summaryDataPoint, .valueAtQuantile, .exemplar:
            self.pointFields
        default: self.answerFields
        }
    }

    private var commonFields: [OTLPField] {
        switch self {
        case .anyValue:
            [
                OTLPField("stringValue", 1, .string, .oneof),
                OTLPField("boolValue", 2, .bool, .oneof),
                OTLPField("intValue", 3, .int64, .oneof),
                OTLPField("doubleValue", 4, .double, .oneof),
                OTLPField("arrayValue", 5, .message(.arrayValue), .oneof),
                OTLPField("kvlistValue", 6, .message(.keyValueList), .oneof),
                OTLPField("bytesValue", 7, .bytes, .oneof),
                OTLPField("stringValueStrindex", 8, .int32, .oneof),
            ]
        case .arrayValue: [OTLPField("values", 1, .message(.anyValue), .repeated)]
        case .keyValueList: [OTLPField("values", 1, .message(.keyValue), .repeated)]
        case .keyValue:
            [
                OTLPField("key", 1, .string),
                OTLPField("value", 2, .message(.anyValue), .optional),
                OTLPField("keyStrindex", 3, .int32),
            ]
        case .scope:
            [
                OTLPField("name", 1, .string),
                OTLPField("version", 2, .string),
                Self.attributes(3),
                OTLPField("droppedAttributesCount", 4, .uint32),
            ]
        case .entityRef:
            [
                OTLPField("schemaUrl", 1, .string),
                OTLPField("type", 2, .string),
                OTLPField("idKeys", 3, .string, .repeated),
                OTLPField("descriptionKeys", 4, .string, .repeated),
            ]
        default:
            [
                Self.attributes(1),
                OTLPField("droppedAttributesCount", 2, .uint32),
                OTLPField("entityRefs", 3, .message(.entityRef), .repeated),
            ]
        }
    }

    static func attributes(_ number: UInt8) -> OTLPField {
        OTLPField("attributes", number, .message(.keyValue), .repeated)
    }
}
