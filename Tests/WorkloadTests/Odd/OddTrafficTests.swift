import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

@Suite struct OddTrafficTests {
    @Test(arguments: Oddity.allCases) func `a batch says what it holds`(oddity: Oddity) throws {
        var traffic = OddTraffic(seed: 1)
        let batch = traffic.spans(oddity, count: 100, at: now)
        let spans = try DecodedSpan.all(in: batch)
        #expect(spans.count == 100 && batch.itemCount == 100)
        #expect(batch.damagedCount == (oddity.isRefused ? 100 : 0))
        let valid = Set(spans.map(\.trace).filter { $0.count == 16 && $0.contains { $0 != 0 } })
        #expect(Set(batch.traceIDs.map(\.octets)) == (oddity.isRefused ? [] : valid))
    }

    @Test(arguments: Oddity.allCases)
    func `the scanner finds just the damage that a batch tells of`(oddity: Oddity) throws {
        var traffic = OddTraffic(seed: 2)
        for batch in [
            traffic.spans(oddity, count: 101, at: now), traffic.mixedSpans(oddity, count: 101, at: now),
        ] {
            let items = try scanned(batch).items
            #expect(items.count == 101)
            #expect(items.count { $0.defect != nil } == batch.damagedCount)
            #expect(Set(items.filter { $0.defect == nil }.map(\.trace)) == Set(batch.traceIDs))
        }
    }

    @Test func `in a mixed batch every second span is sound`() throws {
        var traffic = OddTraffic(seed: 3)
        let batch = traffic.mixedSpans(.shortTraceID, count: 11, at: now)
        #expect(batch.damagedCount == 6 && batch.traceIDs.count == 5)
    }

    @Test func `ten thousand names, label values and services are distinct`() throws {
        var traffic = OddTraffic(seed: 4)
        let names = try DecodedSpan.all(in: traffic.spans(.distinctNames, count: 10_000, at: now))
        #expect(Set(names.map(\.span.name)).count == 10_000)
        let services = try DecodedSpan.all(in: traffic.spans(.distinctServices, count: 10_000, at: now))
        #expect(Set(services.map(\.service)).count == 10_000)
        let values = try DecodedSpan.all(in: traffic.spans(.distinctLabelValues, count: 10_000, at: now))
        #expect(Set(values.map { $0.attribute("gen_ai.tool.name")?.stringValue }).count == 10_000)
    }

    @Test func `times and parents are as odd as they are called`() throws {
        var traffic = OddTraffic(seed: 5)
        let year: UInt64 = 365 * 86_400 * 1_000_000_000
        func spans(_ oddity: Oddity) throws -> [DecodedSpan] {
            try DecodedSpan.all(in: traffic.spans(oddity, count: 20, at: now))
        }
        #expect(try spans(.endBeforeStart).allSatisfy { $0.span.endTimeUnixNano < $0.span.startTimeUnixNano })
        #expect(try spans(.farPast).allSatisfy { $0.span.endTimeUnixNano < now.nanoseconds - 9 * year })
        #expect(try spans(.farFuture).allSatisfy { $0.span.startTimeUnixNano > now.nanoseconds + 9 * year })
        #expect(try spans(.zeroTimes).allSatisfy { $0.span.startTimeUnixNano | $0.span.endTimeUnixNano == 0 })
        #expect(try spans(.latestTimes).allSatisfy { $0.span.endTimeUnixNano == .max })
        #expect(try spans(.ownParent).allSatisfy { $0.parent == $0.id })
        #expect(try spans(.absentParent).allSatisfy { $0.parent.count == 8 && $0.parent != $0.id })
        let duplicates = try spans(.duplicateSpanID)
        #expect(Set(duplicates.map(\.id)).count == 1 && Set(duplicates.map(\.trace)).count == 1)
        #expect(Set(duplicates.map(\.span.startTimeUnixNano)).count > 1)
    }

    @Test(arguments: [0, UInt64.max]) func `any time can be now`(nanoseconds: UInt64) {
        var traffic = OddTraffic(seed: 6)
        let time = Timestamp(nanoseconds: nanoseconds)
        for oddity in Oddity.allCases {
            #expect(traffic.spans(oddity, count: 3, at: time).itemCount == 3)
            #expect(traffic.points(oddity, count: 3, at: time).itemCount == 3)
        }
    }

    @Test(arguments: [Int.min, -1, 0]) func `counts below one make an empty request`(count: Int) {
        var traffic = OddTraffic(seed: 6)
        #expect(traffic.spans(.zeroTimes, count: count, at: now).itemCount == 0)
        #expect(traffic.points(.zeroTimes, count: count, at: now).itemCount == 0)
    }

    @Test func `ten thousand series of points are distinct`() throws {
        let traffic = OddTraffic(seed: 7)
        func groups(_ oddity: Oddity) throws -> [OTLPResourceMetrics] {
            let batch = traffic.points(oddity, count: 10_000, at: now)
            #expect(try scanned(batch).items.reduce(0) { $0 + Int($1.units) } == 10_000)
            return try OTLPExportMetricsServiceRequest(serializedBytes: batch.bytes).resourceMetrics
        }
        let names = try groups(.distinctNames).flatMap { $0.scopeMetrics.flatMap { $0.metrics.map(\.name) } }
        #expect(Set(names).count == 10_000)
        let services = try groups(.distinctServices).map(\.resource)
        #expect(Set(services).count == 10_000)
        let points = try groups(.distinctLabelValues)
            .flatMap { $0.scopeMetrics.flatMap { $0.metrics.flatMap(\.sum.dataPoints) } }
        #expect(Set(points.map(\.attributes)).count == 10_000)
    }
}
