import Pipeline
import Telemetry
import Testing

@Suite struct SeriesCounterTests {
    private static let limits = SeriesLimits(seriesMax: 2000, seriesPerServiceMax: 500, servicesMax: 100)

    @Test func `values of one series merge, and come out in the order first met`() {
        var counter = SeriesCounter(limits: Self.limits)
        counter.add(Self.series("b", .service("x")), .counter(nano: 1))
        counter.add(Self.series("a", .service("x")), .counter(nano: 2))
        counter.add(Self.series("b", .service("x")), .counter(nano: 4), isEstimated: true)
        let values = counter.drain()
        #expect(values.map { $0.series["label"] } == ["b", "a"])
        #expect(values.map(\.value) == [.counter(nano: 5), .counter(nano: 2)])
        #expect(values.map(\.isEstimated) == [true, false])
        #expect(counter.isEmpty && counter.drain().isEmpty)
    }

    @Test func `10,000 series of one service become its limit and one overflow`() {
        var counter = SeriesCounter(limits: Self.limits)
        for number in 0..<10_000 { counter.add(Self.series("\(number)", .service("x")), .counter(nano: 1)) }
        #expect(counter.overflowCount == 9500)
        let values = counter.drain()
        #expect(values.count == 501)
        #expect(values.last?.series.attributes == [MetricLabel(OverflowName.text, "true")])
        #expect(values.last?.value == .counter(nano: 9500))
        #expect(counter.overflowCount == 0)
    }

    @Test func `10,000 services share the table's limit and each has its overflow`() {
        var counter = SeriesCounter(limits: Self.limits)
        for number in 0..<10_000 { counter.add(Self.series("a", .service("\(number)")), .counter(nano: 1)) }
        let values = counter.drain()
        #expect(values.count == 10_000)
        #expect(values.filter { $0.series["label"] != nil }.count == 2000)
        #expect(Set(values.map(\.series)).count == 10_000)
    }

    @Test func `a host's series are limited only by the table`() {
        var counter = SeriesCounter(limits: Self.limits)
        for number in 0..<3000 { counter.add(Self.series("\(number)", .host("h")), .counter(nano: 1)) }
        let values = counter.drain()
        #expect(values.count == 2001)
        #expect(values.last?.value == .counter(nano: 1000))
    }

    @Test func `each metric overflows into a series of its own kind and unit`() {
        var counter = SeriesCounter(
            limits: SeriesLimits(seriesMax: 1, seriesPerServiceMax: 1, servicesMax: 1)
        )
        counter.add(Self.series("first", .service("x")), .counter(nano: 1))
        let gauge = Series("g", unit: "By", kind: .gauge, subject: .service("x"))
        counter.add(gauge, .gauge(GaugeValue(3, at: ClusterTime(nanoseconds: 1))))
        counter.add(Self.series("second", .service("x")), .counter(nano: 1))
        let values = counter.drain()
        #expect(values.map(\.series.name) == ["m", "g", "m"])
        #expect(values.map(\.series.unit) == ["1", "By", "1"])
    }

    @Test func `a series of more attributes than can be read back goes to the overflow`() throws {
        var counter = SeriesCounter(limits: Self.limits)
        for count in [Series.attributesMax, Series.attributesMax + 1] {
            let labels = (0..<count).map { MetricLabel("label \($0)", "x") }
            let series = Series("m", unit: "1", kind: .counter, subject: .service("x"), attributes: labels)
            counter.add(series, .counter(nano: 1))
        }
        let values = counter.drain()
        #expect(values.map(\.series.attributes.count) == [Series.attributesMax, 1])
        for value in values {
            var writer = ByteWriter()
            value.series.encode(into: &writer)
            var reader = WireReader(writer.bytes.raw)
            #expect(try Series(from: &reader) == value.series)
        }
    }

    private static func series(_ label: String, _ subject: Series.Subject) -> Series {
        Series("m", unit: "1", kind: .counter, subject: subject, attributes: [MetricLabel("label", label)])
    }
}
