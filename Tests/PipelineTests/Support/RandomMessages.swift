import OTLPMessages
import SwiftProtobuf
import Telemetry
import TestSupport

import struct Foundation.Data

/// Requests with content in them, as typed messages, so that a test can say what must be left of them.
struct RandomMessages {
    /// Stands in every content value, and nowhere else.
    static let secret = "SECRET"
    /// Some of the keys whose values are content.
    static let contentKeys = [
        "gen_ai.prompt", "gen_ai.completion.0.content", "gen_ai.input.messages", "input.value",
        "gen_ai.tool.call.arguments", "llm.input_messages.0.message.content", "ai.prompt.messages",
    ]
    private static let plainKeys = ["http.route", "session.id", "gen_ai.request.model", "key", "a", "größe"]

    var random: SplitMix64

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    mutating func traces(spans: Int, services: Int = 3) throws -> OTLPTracesData {
        var request = OTLPTracesData()
        for _ in 0...self.random.below(3) {
            var group = OTLPResourceSpans()
            group.resource = self.resource("service \(self.random.below(services))")
            for _ in 0...self.random.below(2) {
                var scope = OTLPScopeSpans()
                scope.scope.name = "scope \(self.random.below(2))"
                for _ in 0..<self.random.below(spans + 1) { scope.spans.append(try self.span()) }
                group.scopeSpans.append(try self.withUnknownFields(scope))
            }
            request.resourceSpans.append(try self.withUnknownFields(group))
        }
        return request
    }

    mutating func logs(records: Int) throws -> OTLPLogsData {
        var group = OTLPResourceLogs()
        group.resource = self.resource("service \(self.random.below(3))")
        var scope = OTLPScopeLogs()
        for _ in 0..<self.random.below(records + 1) { scope.logRecords.append(try self.log()) }
        group.scopeLogs = [scope]
        var request = OTLPLogsData()
        request.resourceLogs = [group]
        return request
    }

    mutating func metrics(points: Int) -> OTLPMetricsData {
        var group = OTLPResourceMetrics()
        group.resource = self.resource("service \(self.random.below(3))")
        var scope = OTLPScopeMetrics()
        for number in 0..<self.random.below(6) {
            var metric = OTLPMetric()
            metric.name = "metric \(number)"
            for _ in 0..<self.random.below(points + 1) { self.addPoint(to: &metric, number % 5) }
            scope.metrics.append(metric)
        }
        group.scopeMetrics = [scope]
        var request = OTLPMetricsData()
        request.resourceMetrics = [group]
        return request
    }

    /// Adds a point of a gauge, a sum, a histogram, an exponential histogram or a summary, with any numbers.
    private mutating func addPoint(to metric: inout OTLPMetric, _ shape: Int) {
        let temporality: OTLPAggregationTemporality = [.delta, .cumulative, .unspecified][
            self.random.below(3)
        ]
        switch shape {
        case 0, 1:
            var point = OTLPNumberDataPoint()
            point.startTimeUnixNano = self.random.next()
            if self.random.one(in: 2) {
                point.asDouble = self.number()
            } else {
                point.asInt = Int64(self.random.below(100))
            }
            if shape == 0 {
                metric.gauge.dataPoints.append(point)
            } else {
                metric.sum.dataPoints.append(point)
            }
            if shape == 1 {
                metric.sum.aggregationTemporality = temporality
                metric.sum.isMonotonic = self.random.one(in: 2)
            }
        case 2:
            var point = OTLPHistogramDataPoint()
            point.explicitBounds = (0..<self.random.below(5)).map { _ in self.number() }
            point.bucketCounts = (0...point.explicitBounds.count).map { _ in
                self.random.next() >> UInt64(self.random.below(64))
            }
            if self.random.one(in: 2) { point.sum = self.number() }
            if self.random.one(in: 2) { point.min = self.number() }
            if self.random.one(in: 2) { point.max = self.number() }
            metric.histogram.dataPoints.append(point)
            metric.histogram.aggregationTemporality = temporality
        case 3:
            var point = OTLPExponentialHistogramDataPoint()
            point.scale = Int32(truncatingIfNeeded: Int(self.random.below(40)) - 15)
            point.sum = self.number()
            point.positive.offset =
                Int32(truncatingIfNeeded: self.random.next()) >> Int32(self.random.below(32))
            point.positive.bucketCounts = (0..<self.random.below(500)).map { _ in UInt64(self.random.below(9))
            }
            point.negative.offset =
                Int32(truncatingIfNeeded: self.random.next()) >> Int32(self.random.below(32))
            point.negative.bucketCounts = [self.random.next(), 1]
            metric.exponentialHistogram.dataPoints.append(point)
            metric.exponentialHistogram.aggregationTemporality = temporality
        default: metric.summary.dataPoints.append(OTLPSummaryDataPoint())
        }
    }

    /// Any number, the odd ones more often than they come in life.
    private mutating func number() -> Double {
        let odd: [Double] = [
            .nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -1,
        ]
        return self.random.one(in: 3)
            ? odd[self.random.below(odd.count)] : Double(self.random.below(1000)) / 8
    }

    mutating func span() throws -> OTLPSpan {
        var span = OTLPSpan()
        span.traceID = self.id(16)
        span.spanID = self.id(8)
        if self.random.below(4) > 0 { span.parentSpanID = self.id(8) }
        span.name = "operation \(self.random.below(20))"
        span.kind = [.server, .client, .internal][self.random.below(3)]
        span.startTimeUnixNano = 1_700_000_000_000_000_000 + UInt64(self.random.below(1 << 30))
        span.endTimeUnixNano = span.startTimeUnixNano &+ UInt64(self.random.below(1 << 28))
        if self.random.one(in: 5) { span.status.code = .error }
        for _ in 0..<self.random.below(4) { span.attributes.append(try self.pair()) }
        for _ in 0..<self.random.below(3) {
            var event = OTLPSpan.Event()
            event.name = "event"
            for _ in 0..<self.random.below(3) { event.attributes.append(try self.pair()) }
            span.events.append(try self.withUnknownFields(event))
        }
        for _ in 0..<self.random.below(2) {
            var link = OTLPSpan.Link()
            link.traceID = self.id(16)
            for _ in 0..<self.random.below(3) { link.attributes.append(try self.pair()) }
            span.links.append(try self.withUnknownFields(link))
        }
        return try self.withUnknownFields(span)
    }

    mutating func log() throws -> OTLPLogRecord {
        var log = OTLPLogRecord()
        log.timeUnixNano = 1_700_000_000_000_000_000 + UInt64(self.random.below(1 << 30))
        if self.random.one(in: 2) { log.traceID = self.id(16) }
        log.severityNumber = [.info, .error, .unspecified][self.random.below(3)]
        for _ in 0..<self.random.below(4) { log.attributes.append(try self.pair()) }
        if self.random.one(in: 3) {
            log.eventName = "gen_ai.user.message"
            log.body = self.content(depth: 0)
        } else if self.random.one(in: 2) {
            log.body.stringValue = "plain body"
        }
        return try self.withUnknownFields(log)
    }

    private mutating func resource(_ service: String) -> OTLPResource {
        var pair = OTLPKeyValue()
        pair.key = "service.name"
        pair.value.stringValue = service
        var resource = OTLPResource()
        resource.attributes = [pair]
        return resource
    }

    private mutating func pair() throws -> OTLPKeyValue {
        var pair = OTLPKeyValue()
        if self.random.one(in: 2) {
            pair.key = Self.contentKeys[self.random.below(Self.contentKeys.count)]
            pair.value = self.content(depth: 0)
        } else {
            pair.key = Self.plainKeys[self.random.below(Self.plainKeys.count)]
            pair.value.stringValue = "plain \(self.random.below(1000))"
        }
        return try self.withUnknownFields(pair)
    }

    private mutating func content(depth: Int) -> OTLPAnyValue {
        var value = OTLPAnyValue()
        switch depth > 3 ? 0 : self.random.below(4) {
        case 0: value.stringValue = Self.secret + String(repeating: "x", count: self.random.below(200))
        case 1: value.bytesValue = Data((Self.secret + "bytes").utf8)
        case 2: value.arrayValue.values = (0..<2).map { _ in self.content(depth: depth + 1) }
        default:
            var pair = OTLPKeyValue()
            pair.key = Self.secret
            pair.value = self.content(depth: depth + 1)
            value.kvlistValue.values = [pair]
        }
        return value
    }

    /// The bytes with a few of them changed, added or lost.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...self.random.below(3) where !result.isEmpty {
            let place = self.random.below(result.count)
            switch self.random.below(4) {
            case 0: result[place] = UInt8(truncatingIfNeeded: self.random.next())
            case 1: result.insert(UInt8(truncatingIfNeeded: self.random.next()), at: place)
            case 2: result.remove(at: place)
            default: result[place] ^= 1 << UInt8(self.random.below(8))
            }
        }
        return result
    }

    private mutating func id(_ count: Int) -> Data {
        Data((0..<count).map { _ in UInt8(1 + self.random.below(255)) })
    }

    /// Now and then adds fields that no version of the specification has.
    private mutating func withUnknownFields<Model: Message>(_ message: Model) throws -> Model {
        guard self.random.one(in: 3) else { return message }
        let fields: [[UInt8]] = [
            [0xf8, 0x06, 0x05], [0xfa, 0x06, 0x03, 0x61, 0x62, 0x63], [0xfb, 0x06, 0x08, 0x01, 0xfc, 0x06],
            [0xfd, 0x06, 1, 2, 3, 4],
        ]
        let bytes: [UInt8] = try message.serializedBytes()
        return try Model(serializedBytes: fields[self.random.below(4)] + bytes + fields[self.random.below(4)])
    }
}

extension OTLPKeyValue {
    /// Whether the default list calls the value content.
    var isContent: Bool { RandomMessages.contentKeys.contains(self.key) }

    /// The pair with a stand-in for content, for comparing all the rest.
    var withoutContent: OTLPKeyValue {
        var copy = self
        if copy.isContent {
            copy.value = OTLPAnyValue()
            copy.value.stringValue = "content"
        }
        return copy
    }
}

extension OTLPSpan {
    /// The span with stand-ins for content.
    var withoutContent: OTLPSpan {
        var copy = self
        copy.attributes = copy.attributes.map(\.withoutContent)
        for index in copy.events.indices {
            copy.events[index].attributes = copy.events[index].attributes.map(\.withoutContent)
        }
        for index in copy.links.indices {
            copy.links[index].attributes = copy.links[index].attributes.map(\.withoutContent)
        }
        return copy
    }

    var hasContent: Bool {
        let pairs = self.attributes + self.events.flatMap(\.attributes) + self.links.flatMap(\.attributes)
        return pairs.contains(where: \.isContent)
    }
}

extension OTLPLogRecord {
    /// The record with stand-ins for content.
    var withoutContent: OTLPLogRecord {
        var copy = self
        copy.attributes = copy.attributes.map(\.withoutContent)
        if copy.eventName.hasPrefix("gen_ai."), copy.hasBody {
            copy.body = OTLPAnyValue()
            copy.body.stringValue = "content"
        }
        return copy
    }
}
