extension OTLPMessage {
    var metricFields: [OTLPField] {
        switch self {
        case .metricsData: [OTLPField("resourceMetrics", 1, .message(.resourceMetrics), .repeated)]
        case .resourceMetrics: Self.perResource("scopeMetrics", .scopeMetrics)
        case .scopeMetrics: Self.perScope("metrics", .metric)
        case .gauge: [Self.points(.numberDataPoint)]
        case .sum:
            [
                Self.points(.numberDataPoint),
                Self.temporality,
                OTLPField("isMonotonic", 3, .bool),
            ]
        case .histogram: [Self.points(.histogramDataPoint), Self.temporality]
        case .exponentialHistogram: [Self.points(.exponentialHistogramDataPoint), Self.temporality]
        case .summary: [Self.points(.summaryDataPoint)]
        default:
            [
                OTLPField("name", 1, .string),
                OTLPField("description", 2, .string),
                OTLPField("unit", 3, .string),
                OTLPField("gauge", 5, .message(.gauge), .oneof),
                OTLPField("sum", 7, .message(.sum), .oneof),
                OTLPField("histogram", 9, .message(.histogram), .oneof),
                OTLPField("exponentialHistogram", 10, .message(.exponentialHistogram), .oneof),
                OTLPField("summary", 11, .message(.summary), .oneof),
                OTLPField("metadata", 12, .message(.keyValue), .repeated),
            ]
        }
    }

    private static func points(_ message: OTLPMessage) -> OTLPField {
        OTLPField("dataPoints", 1, .message(message), .repeated)
    }

    private static var temporality: OTLPField {
        OTLPField("aggregationTemporality", 2, .enumeration(.aggregationTemporality))
    }

    private static var times: [OTLPField] {
        [OTLPField("startTimeUnixNano", 2, .fixed64), OTLPField("timeUnixNano", 3, .fixed64)]
    }

    var pointFields: [OTLPField] {
        switch self {
        case .numberDataPoint:
            [Self.attributes(7)] + Self.times + [
                OTLPField("asDouble", 4, .double, .oneof),
                OTLPField("asInt", 6, .sfixed64, .oneof),
                OTLPField("exemplars", 5, .message(.exemplar), .repeated),
                OTLPField("flags", 8, .uint32),
            ]
        case .histogramDataPoint:
            [Self.attributes(9)] + Self.times + [
                OTLPField("count", 4, .fixed64),
                OTLPField("sum", 5, .double, .optional),
                OTLPField("bucketCounts", 6, .fixed64, .repeated),
                OTLPField("explicitBounds", 7, .double, .repeated),
                OTLPField("exemplars", 8, .message(.exemplar), .repeated),
                OTLPField("flags", 10, .uint32),
                OTLPField("min", 11, .double, .optional),
                OTLPField("max", 12, .double, .optional),
            ]
        case .exponentialHistogramDataPoint:
            [Self.attributes(1)] + Self.times + [
                OTLPField("count", 4, .fixed64),
                OTLPField("sum", 5, .double, .optional),
                OTLPField("scale", 6, .sint32),
                OTLPField("zeroCount", 7, .fixed64),
                OTLPField("positive", 8, .message(.buckets), .optional),
                OTLPField("negative", 9, .message(.buckets), .optional),
                OTLPField("flags", 10, .uint32),
                OTLPField("exemplars", 11, .message(.exemplar), .repeated),
                OTLPField("min", 12, .double, .optional),
                OTLPField("max", 13, .double, .optional),
                OTLPField("zeroThreshold", 14, .double),
            ]
        case .buckets:
            [OTLPField("offset", 1, .sint32), OTLPField("bucketCounts", 2, .uint64, .repeated)]
        case .summaryDataPoint:
            [Self.attributes(7)] + Self.times + [
                OTLPField("count", 4, .fixed64),
                OTLPField("sum", 5, .double),
                OTLPField("quantileValues", 6, .message(.valueAtQuantile), .repeated),
                OTLPField("flags", 8, .uint32),
            ]
        case .valueAtQuantile: [OTLPField("quantile", 1, .double), OTLPField("value", 2, .double)]
        default:
            [
                OTLPField("filteredAttributes", 7, .message(.keyValue), .repeated),
                OTLPField("timeUnixNano", 2, .fixed64),
                OTLPField("asDouble", 3, .double, .oneof),
                OTLPField("asInt", 6, .sfixed64, .oneof),
                OTLPField("spanId", 4, .id),
                OTLPField("traceId", 5, .id),
            ]
        }
    }
}
