import OTLPMessages
import SwiftProtobuf
import Telemetry

import struct Foundation.Data

/// What SwiftProtobuf makes of a request, in the scanner's words.
struct Oracle {
    struct Item: Equatable {
        var trace = TraceID(high: 0, low: 0)
        var span: UInt64 = 0
        var parent: UInt64 = 0
        var start: UInt64 = 0
        var end: UInt64 = 0
        var name = ""
        var traceState = ""
        var kind: UInt8 = 0
        var status: UInt8 = 0
        var units: UInt32 = 1
        var defect: ItemDefect?
        var service = ""
        var version = ""
        var host = ""
        /// The name of the instrumentation scope.
        var scope = ""
    }

    private static let options: BinaryDecodingOptions = {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = 100
        return options
    }()

    /// The items in the order they stand; nil where the bytes are no such request.
    static func items(_ bytes: [UInt8], _ shape: WireShape) -> [Item]? {
        switch shape {
        case .traces:
            guard let request = try? OTLPTracesData(serializedBytes: bytes, options: self.options) else {
                return nil
            }
            return request.resourceSpans.flatMap { group in
                group.scopeSpans.flatMap { scope in
                    scope.spans.map { self.item($0, group.resource, scope.scope) }
                }
            }
        case .logs:
            guard let request = try? OTLPLogsData(serializedBytes: bytes, options: self.options) else {
                return nil
            }
            return request.resourceLogs.flatMap { group in
                group.scopeLogs.flatMap { scope in
                    scope.logRecords.map { self.item($0, group.resource, scope.scope) }
                }
            }
        default:
            guard let request = try? OTLPMetricsData(serializedBytes: bytes, options: self.options) else {
                return nil
            }
            return request.resourceMetrics.flatMap { group in
                group.scopeMetrics.flatMap { scope in
                    scope.metrics.map { self.item($0, group.resource, scope.scope) }
                }
            }
        }
    }

    private static func item(
        _ span: OTLPSpan,
        _ resource: OTLPResource,
        _ scope: OTLPInstrumentationScope
    ) -> Item {
        var item = self.item(resource, scope)
        if span.traceID.count == 16 { item.trace = self.trace(span.traceID) }
        item.span = self.number(span.spanID)
        item.parent = self.number(span.parentSpanID)
        item.start = span.startTimeUnixNano
        item.end = span.endTimeUnixNano
        item.name = span.name
        item.traceState = span.traceState
        item.kind = (0...5).contains(span.kind.rawValue) ? UInt8(span.kind.rawValue) : 0
        item.status = (0...2).contains(span.status.code.rawValue) ? UInt8(span.status.code.rawValue) : 0
        item.defect =
            if span.traceID.count != 16 {
                .traceIDLength
            } else if span.spanID.count != 8 {
                .spanIDLength
            } else if span.traceID.allSatisfy({ $0 == 0 }) {
                .traceIDZero
            } else if span.spanID.allSatisfy({ $0 == 0 }) {
                .spanIDZero
            } else {
                nil
            }
        return item
    }

    private static func item(
        _ log: OTLPLogRecord,
        _ resource: OTLPResource,
        _ scope: OTLPInstrumentationScope
    ) -> Item {
        var item = self.item(resource, scope)
        if log.traceID.count == 16 { item.trace = self.trace(log.traceID) }
        item.span = self.number(log.spanID)
        item.start = log.timeUnixNano == 0 ? log.observedTimeUnixNano : log.timeUnixNano
        item.end = log.observedTimeUnixNano
        item.name = log.eventName
        item.kind = (0...24).contains(log.severityNumber.rawValue) ? UInt8(log.severityNumber.rawValue) : 0
        return item
    }

    private static func item(
        _ metric: OTLPMetric,
        _ resource: OTLPResource,
        _ scope: OTLPInstrumentationScope
    ) -> Item {
        var item = self.item(resource, scope)
        item.name = metric.name
        let points =
            switch metric.data {
            case .gauge(let data): data.dataPoints.count
            case .sum(let data): data.dataPoints.count
            case .histogram(let data): data.dataPoints.count
            case .exponentialHistogram(let data): data.dataPoints.count
            case .summary(let data): data.dataPoints.count
            case nil: 0
            }
        item.units = UInt32(points)
        return item
    }

    private static func item(_ resource: OTLPResource, _ scope: OTLPInstrumentationScope) -> Item {
        var item = Item()
        func texts(_ key: String) -> [String] {
            resource.attributes.compactMap { pair in
                guard pair.key == key, case .stringValue(let text) = pair.value.value else { return nil }
                return text
            }
        }
        item.service = texts("service.name").last ?? ""
        item.version = texts("service.version").last ?? ""
        item.host = texts("host.id").last { !$0.isEmpty } ?? texts("host.name").first { !$0.isEmpty } ?? ""
        item.scope = scope.name
        return item
    }

    private static func trace(_ bytes: Data) -> TraceID {
        TraceID(high: self.number(bytes.prefix(8)), low: self.number(bytes.suffix(8)))
    }

    /// The number that eight bytes spell, most significant first; zero for any other count.
    private static func number(_ bytes: Data) -> UInt64 {
        bytes.count == 8 ? bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } : 0
    }
}
