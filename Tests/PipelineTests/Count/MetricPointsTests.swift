import Foundation
import OTLPMessages
import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// What is read out of a Metric's bytes is what a protobuf decoder finds in them.
@Suite struct MetricPointsTests {
    @Test func `any metric reads as SwiftProtobuf reads it`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(60)) {
            var maker = RandomMessages(seed: seed)
            let request = maker.metrics(points: 5)
            for metric in request.resourceMetrics.flatMap(\.scopeMetrics).flatMap(\.metrics) {
                let found = try metric.points()
                let replay = Comment(rawValue: Sweep.replay("as SwiftProtobuf reads it", seed: seed))
                #expect(found.name == metric.name && found.unit == metric.unit, replay)
                switch metric.data {
                case .gauge(let gauge): Self.expect(found.points, gauge.dataPoints, replay)
                case .sum(let sum):
                    Self.expect(found.points, sum.dataPoints, replay)
                    Self.expect(found.temporality, sum.aggregationTemporality, replay)
                    guard case .sum(sum.isMonotonic) = found.shape else {
                        Issue.record(replay)
                        continue
                    }
                case .histogram(let histogram):
                    Self.expect(found.temporality, histogram.aggregationTemporality, replay)
                    let counts = histogram.dataPoints.filter(Self.isSound).map(Self.total)
                    #expect(Self.counts(found) == counts, replay)
                case .exponentialHistogram(let histogram):
                    Self.expect(found.temporality, histogram.aggregationTemporality, replay)
                    #expect(Self.counts(found) == histogram.dataPoints.map(Self.total), replay)
                case .summary, nil: #expect(found.points.isEmpty, replay)
                }
            }
        }
    }

    private static func expect(
        _ found: [MetricPoints.Point],
        _ points: [OTLPNumberDataPoint],
        _ replay: Comment
    ) {
        let values = found.map { point -> [UInt64] in
            guard case .number(let number) = point.value else { return [] }
            return [point.start, point.time, number.value.bitPattern]
        }
        let expected = points.filter { $0.value != nil && $0.flags & 1 == 0 }.map { point -> [UInt64] in
            let number =
                if case .asInt(let integer) = point.value { Double(integer) } else { point.asDouble }
            return [point.startTimeUnixNano, point.timeUnixNano, number.bitPattern]
        }
        #expect(values == expected, replay)
    }

    private static func expect(
        _ found: MetricPoints.Temporality,
        _ sent: OTLPAggregationTemporality,
        _ replay: Comment
    ) {
        let expected: MetricPoints.Temporality =
            sent == .delta ? .delta : sent == .cumulative ? .cumulative : .unspecified
        #expect(found == expected, replay)
    }

    private static func counts(_ metric: MetricPoints) -> [UInt64] {
        metric.points.map { point in
            if case .histogram(let histogram) = point.value { histogram.distribution.count } else { 0 }
        }
    }

    private static func isSound(_ point: OTLPHistogramDataPoint) -> Bool {
        let bounds = point.explicitBounds
        let isSorted = bounds.indices.dropFirst().allSatisfy { bounds[$0 - 1] < bounds[$0] }
        return isSorted && !bounds.contains { $0.isNaN } && point.bucketCounts.count == bounds.count + 1
    }

    private static func total(_ point: OTLPHistogramDataPoint) -> UInt64 {
        point.bucketCounts.reduce(UInt64(0)) { $0.saturatingAdd($1) }
    }

    private static func total(_ point: OTLPExponentialHistogramDataPoint) -> UInt64 {
        (point.positive.bucketCounts + point.negative.bucketCounts + [point.zeroCount])
            .reduce(UInt64(0)) { $0.saturatingAdd($1) }
    }

    @Test func `a point's labels are its attributes, without compound ones`() throws {
        var metric = OTLPMetric.sum(1, start: 1, time: 2, label: "text")
        for value in [OTLPAnyValue.with { $0.boolValue = true }, .with { $0.arrayValue.values = [.init()] }] {
            var pair = OTLPKeyValue()
            pair.key = "key"
            pair.value = value
            metric.sum.dataPoints[0].attributes.append(pair)
        }
        #expect(
            try metric.points().points.map(\.attributes) == [
                [MetricLabel("label", "text"), MetricLabel("key", "true")]
            ]
        )
    }

    @Test func `points flagged as empty are passed over, in any shape`() throws {
        var number = OTLPMetric.sum(1)
        number.sum.dataPoints[0].flags = 3
        var explicit = OTLPMetric.histogram(.init([1, 2], [1]))
        explicit.histogram.dataPoints[0].flags = 1
        var exponential = OTLPMetric.exponential(.init(scale: 0, positive: [1]))
        exponential.exponentialHistogram.dataPoints[0].flags = 1
        for metric in [number, explicit, exponential] { #expect(try metric.points().points.isEmpty) }
        number.sum.dataPoints[0].flags = 2
        #expect(try number.points().points.count == 1)
    }

    @Test func `a message in two parts is one, and of two choices the last one counts`() throws {
        let sum: [UInt8] = try OTLPMetric.sum(1, .delta).serializedBytes()
        let other: [UInt8] = try OTLPMetric.gauge(2).serializedBytes()
        for bytes in [sum + sum, other + sum, sum + other, other + sum + sum, sum + other + sum] {
            let decoded = try OTLPMetric(serializedBytes: bytes)
            let found = MetricPoints(WireReader(bytes.raw))
            switch decoded.data {
            case .sum(let sum):
                #expect(found.points.count == sum.dataPoints.count && found.temporality == .delta)
                guard case .sum(isMonotonic: true) = found.shape else {
                    Issue.record("a sum was expected")
                    continue
                }
            default: #expect(found.points.count == decoded.gauge.dataPoints.count)
            }
        }
    }

    @Test func `counts that are not packed are read as well`() throws {
        let packed: [UInt8] = try OTLPMetric.histogram(.init([1, 2], [1])).serializedBytes()
        func point(_ body: [UInt8]) -> [UInt8] {
            let data = [0x0a, UInt8(body.count)] + body
            return [0x0a, 6] + Array("metric".utf8) + [0x4a, UInt8(data.count)] + data
        }
        func fixed(_ tag: UInt8, _ value: UInt64) -> [UInt8] {
            [tag] + (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        let loose = point(fixed(0x31, 1) + fixed(0x31, 2) + fixed(0x39, 1.0.bitPattern))
        #expect(
            MetricPoints(WireReader(loose.raw)).points.map(Self.distribution)
                == MetricPoints(WireReader(packed.raw)).points.map(Self.distribution)
        )
    }

    private static func distribution(_ point: MetricPoints.Point) -> ExponentialHistogram? {
        if case .histogram(let histogram) = point.value { histogram.distribution } else { nil }
    }

    @Test func `damaged bytes are read to some end`() throws {
        for seed in UInt64(1)...200 {
            var maker = RandomMessages(seed: seed)
            for metric in maker.metrics(points: 3).resourceMetrics.flatMap(\.scopeMetrics).flatMap(\.metrics)
            {
                let bytes = maker.damaged(try metric.serializedBytes())
                for point in MetricPoints(WireReader(bytes.raw)).points { _ = Self.distribution(point) }
            }
        }
    }
}
