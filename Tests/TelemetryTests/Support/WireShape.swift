/// The fields of every OTLP message, as its `.proto` states them, for making requests at random.
enum WireShape: CaseIterable {
    case traces, resourceSpans, scopeSpans, span, event, link, status
    case logs, resourceLogs, scopeLogs, logRecord
    case metrics, resourceMetrics, scopeMetrics, metric, numberData, histogramData, exponentialData
    case summaryData, numberPoint, histogramPoint, exponentialPoint, buckets, summaryPoint, quantile, exemplar
    case resource, entity, scope, pair, value, array, list

    enum Content {
        case text, bytes, varint, fixed32, fixed64, packedVarint, packedFixed64
        /// Bytes that are mostly this long.
        case id(Int)
        case message(WireShape)
    }

    var fields: [(number: UInt64, content: Content)] {
        switch self {
        case .traces: [(1, .message(.resourceSpans))]
        case .resourceSpans: [(1, .message(.resource)), (2, .message(.scopeSpans)), (3, .text)]
        case .scopeSpans: [(1, .message(.scope)), (2, .message(.span)), (3, .text)]
        case .span:
            [
                (1, .id(16)), (2, .id(8)), (3, .text), (4, .id(8)), (5, .text), (6, .varint), (7, .fixed64),
                (8, .fixed64), (9, .message(.pair)), (10, .varint), (11, .message(.event)), (12, .varint),
                (13, .message(.link)), (14, .varint), (15, .message(.status)), (16, .fixed32),
            ]
        case .event: [(1, .fixed64), (2, .text), (3, .message(.pair)), (4, .varint)]
        case .link:
            [(1, .id(16)), (2, .id(8)), (3, .text), (4, .message(.pair)), (5, .varint), (6, .fixed32)]
        case .status: [(2, .text), (3, .varint)]
        case .logs: [(1, .message(.resourceLogs))]
        case .resourceLogs: [(1, .message(.resource)), (2, .message(.scopeLogs)), (3, .text)]
        case .scopeLogs: [(1, .message(.scope)), (2, .message(.logRecord)), (3, .text)]
        case .logRecord:
            [
                (1, .fixed64), (2, .varint), (3, .text), (5, .message(.value)), (6, .message(.pair)),
                (7, .varint), (8, .fixed32), (9, .id(16)), (10, .id(8)), (11, .fixed64), (12, .text),
            ]
        case .metrics: [(1, .message(.resourceMetrics))]
        case .resourceMetrics: [(1, .message(.resource)), (2, .message(.scopeMetrics)), (3, .text)]
        case .scopeMetrics: [(1, .message(.scope)), (2, .message(.metric)), (3, .text)]
        case .metric:
            [
                (1, .text), (2, .text), (3, .text), (5, .message(.numberData)), (7, .message(.numberData)),
                (9, .message(.histogramData)), (10, .message(.exponentialData)),
                (11, .message(.summaryData)), (12, .message(.pair)),
            ]
        case .numberData: [(1, .message(.numberPoint)), (2, .varint), (3, .varint)]
        case .histogramData: [(1, .message(.histogramPoint)), (2, .varint)]
        case .exponentialData: [(1, .message(.exponentialPoint)), (2, .varint)]
        case .summaryData: [(1, .message(.summaryPoint))]
        case .numberPoint:
            [
                (2, .fixed64), (3, .fixed64), (4, .fixed64), (5, .message(.exemplar)), (6, .fixed64),
                (7, .message(.pair)), (8, .varint),
            ]
        case .histogramPoint:
            [
                (2, .fixed64), (3, .fixed64), (4, .fixed64), (5, .fixed64), (6, .packedFixed64),
                (7, .packedFixed64), (8, .message(.exemplar)), (9, .message(.pair)), (10, .varint),
                (11, .fixed64), (12, .fixed64),
            ]
        case .exponentialPoint:
            [
                (1, .message(.pair)), (2, .fixed64), (3, .fixed64), (4, .fixed64), (5, .fixed64),
                (6, .varint),
                (7, .fixed64), (8, .message(.buckets)), (9, .message(.buckets)), (10, .varint),
                (11, .message(.exemplar)), (12, .fixed64), (13, .fixed64), (14, .fixed64),
            ]
        case .buckets: [(1, .varint), (2, .packedVarint)]
        case .summaryPoint:
            [
                (2, .fixed64), (3, .fixed64), (4, .fixed64), (5, .fixed64), (6, .message(.quantile)),
                (7, .message(.pair)), (8, .varint),
            ]
        case .quantile: [(1, .fixed64), (2, .fixed64)]
        case .exemplar:
            [
                (2, .fixed64), (3, .fixed64), (4, .id(8)), (5, .id(16)), (6, .fixed64), (7, .message(.pair)),
            ]
        case .resource: [(1, .message(.pair)), (2, .varint), (3, .message(.entity))]
        case .entity: [(1, .text), (2, .text), (3, .text), (4, .text)]
        case .scope: [(1, .text), (2, .text), (3, .message(.pair)), (4, .varint)]
        case .pair: [(1, .text), (2, .message(.value)), (3, .varint)]
        case .value:
            [
                (1, .text), (2, .varint), (3, .varint), (4, .fixed64), (5, .message(.array)),
                (6, .message(.list)), (7, .bytes), (8, .varint),
            ]
        case .array: [(1, .message(.value))]
        case .list: [(1, .message(.pair))]
        }
    }

    /// A field through which a message reaches an AnyValue or itself, for deep nesting.
    static let wayDown: [WireShape: (number: UInt64, next: WireShape)] = [
        .traces: (1, .resourceSpans), .resourceSpans: (2, .scopeSpans), .scopeSpans: (2, .span),
        .logs: (1, .resourceLogs), .resourceLogs: (2, .scopeLogs), .scopeLogs: (2, .logRecord),
        .metrics: (1, .resourceMetrics), .resourceMetrics: (2, .scopeMetrics), .scopeMetrics: (2, .metric),
        .numberData: (1, .numberPoint), .histogramData: (1, .histogramPoint),
        .exponentialData: (1, .exponentialPoint), .summaryData: (1, .summaryPoint), .summaryPoint: (7, .pair),
        .event: (3, .pair), .link: (4, .pair), .exemplar: (7, .pair), .pair: (2, .value), .array: (1, .value),
        .list: (1, .pair),
    ]
}
