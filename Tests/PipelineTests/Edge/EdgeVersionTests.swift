import Pipeline
import Telemetry
import TestSupport
import Testing

@Suite struct EdgeVersionTests {
    @Test func `only frames that hold something distinct are of the later version`() throws {
        let edge = TestEdge()
        let plain = edge.slots([(Self.series(.counter), .counter(nano: 1))], at: TestEdge.epoch)
        #expect(plain.map(\.header.version) == [1])
        let next = TestEdge.epoch.advanced(byNanoseconds: 60_000_000_000)
        let distinct = edge.slots([(Self.series(.distinct), .distinct(Self.sketch))], at: next)
        #expect(distinct.map(\.header.version) == [2])
        #expect(distinct.allSatisfy { $0.frame.entries.allSatisfy { $0.flags == [.distinct] } })
    }

    @Test func `an edge that may write the first version only counts nothing distinct`() throws {
        let edge = TestEdge(frameVersionMax: 1)
        let values: [(Series, SlotValue)] = [
            (Self.series(.distinct), .distinct(Self.sketch)), (Self.series(.counter), .counter(nano: 5)),
        ]
        let frames = edge.slots(values.map { (series: $0, value: $1) }, at: TestEdge.epoch)
        #expect(frames.map(\.header.version) == [1])
        #expect(frames.map(\.header.itemCount) == [1])
    }

    private static func series(_ kind: Series.Kind) -> Series {
        Series("things", unit: "1", kind: kind, subject: .service("shop"))
    }

    private static var sketch: HyperLogLog {
        var sketch = HyperLogLog()
        sketch.insert(hash: 77)
        return sketch
    }
}
