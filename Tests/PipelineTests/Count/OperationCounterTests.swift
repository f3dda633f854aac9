import Telemetry
import Testing

@testable import Pipeline

@Suite struct OperationCounterTests {
    private static let limits = SeriesLimits(seriesMax: 2000, seriesPerServiceMax: 500, servicesMax: 100)

    @Test func `spans are counted per service, name, kind and failure`() {
        var counter = OperationCounter(limits: Self.limits)
        counter.add("a", service: 0, nanoseconds: 5)
        counter.add("a", service: 0, nanoseconds: 7)
        counter.add("a", service: 1)
        counter.add("b", service: 0, kind: 2)
        counter.add("b", service: 0, kind: 3)
        counter.add("b", service: 0, kind: 3, status: 2)
        let values = counter.drain(services: ["x", "y"])
        #expect(values.map { $0.value.count } == [2, 1, 1, 1, 1])
        #expect(values.map { $0.series.subject } == [0, 1, 0, 0, 0].map { .service(["x", "y"][$0]) })
        #expect(values.map { $0.series["span.name"] } == ["a", "a", "b", "b", "b"])
        #expect(
            values.map { $0.series["span.kind"] } == ["internal", "internal", "server", "client", "client"]
        )
        #expect(values.map { $0.series["status.code"] } == ["ok", "ok", "ok", "ok", "error"])
        #expect(values[0].value.nanoSum == 12)
        #expect(counter.isEmpty && counter.drain(services: []).isEmpty)
    }

    @Test func `no two values of a window have the same series`() {
        var counter = OperationCounter(limits: Self.limits)
        for kind in UInt8(0)...5 {
            for status in UInt8(0)...2 { counter.add("a", service: 0, kind: kind, status: status) }
        }
        let values = counter.drain(services: ["x"])
        #expect(Set(values.map(\.series)).count == values.count)
        #expect(values.map { $0.value.count }.reduce(0, +) == 18)
    }

    @Test func `10,000 names of one service become its limit and an overflow`() {
        var counter = OperationCounter(limits: Self.limits)
        for number in 0..<10_000 { counter.add("name \(number)", service: 3) }
        for _ in 0..<5 { counter.add("name 7", service: 3) }
        #expect(counter.overflowCount == 9500)
        let values = counter.drain(services: ["a", "b", "c", "d"])
        #expect(values.count == 501)
        #expect(values.last?.series["span.name"] == OverflowName.text)
        #expect(values.last?.value.count == 9500)
        #expect(values[7].value.count == 6)
        #expect(values.map { $0.value.count }.reduce(0, +) == 10_005)
        #expect(counter.overflowCount == 0)
    }

    @Test func `a full table counts every service under its own overflow`() {
        var counter = OperationCounter(limits: Self.limits)
        for number in 0..<10_000 { counter.add("name \(number % 100)", service: UInt32(number / 100)) }
        let services = (0..<100).map { "service \($0)" }
        let values = counter.drain(services: services)
        #expect(values.map { $0.value.count }.reduce(0, +) == 10_000)
        #expect(values.filter { $0.series["span.name"] != OverflowName.text }.count == 2000)
        #expect(Set(values.map(\.series)).count == values.count)
        #expect(Set(values.map(\.series.subject)).count == 100)
    }

    @Test func `operations with equal hashes are told apart`() {
        var counter = OperationCounter(limits: Self.limits)
        let names = ["alpha", "bravo", "alphb", ""]
        let places = names.map { name in
            counter.index(of: Array(name.utf8).raw, hash: 99, 0, kind: 1, status: 0)
        }
        #expect(places == [0, 1, 2, 3])
        for (place, name) in zip(places, names) {
            #expect(counter.index(of: Array(name.utf8).raw, hash: 99, 0, kind: 1, status: 0) == place)
        }
        #expect(counter.index(of: Array("alpha".utf8).raw, hash: 99, 1, kind: 1, status: 0) == 4)
        #expect(counter.index(of: Array("alpha".utf8).raw, hash: 99, 0, kind: 2, status: 0) == 5)
        #expect(counter.index(of: Array("alpha".utf8).raw, hash: 99, 0, kind: 1, status: 2) == 6)
    }

    @Test func `a span counts as often as it stands for, and says that it is an estimate`() {
        var counter = OperationCounter(limits: Self.limits)
        counter.add("a", service: 0, nanoseconds: 10, weight: 100, estimated: true)
        counter.add("a", service: 0, nanoseconds: 10)
        counter.add("b", service: 0)
        let values = counter.drain(services: ["x"])
        #expect(values.map { $0.value.count } == [101, 1])
        #expect(values[0].value.nanoSum == 1010)
        #expect(values.map(\.isEstimated) == [true, false])
    }

    @Test func `weights and durations beyond all reason saturate`() {
        var counter = OperationCounter(limits: Self.limits)
        for _ in 0..<3 { counter.add("a", service: 0, nanoseconds: .max, weight: .max) }
        #expect(counter.drain(services: ["x"])[0].value.count == .max)
    }

    @Test func `a name of any length is kept within bounds, at the end of a character`() {
        var counter = OperationCounter(limits: Self.limits)
        counter.add(String(repeating: "é", count: 40_000), service: 0)
        counter.add(String(repeating: "é", count: 50_000), service: 0)
        counter.add("x" + String(repeating: "é", count: 50_000), service: 0)
        let values = counter.drain(services: ["s"])
        #expect(values.map { $0.value.count } == [2, 1])
        #expect(values.map { $0.series["span.name"]?.utf8.count } == [1024, 1023])
        #expect(values.allSatisfy { $0.series["span.name"]?.contains("\u{fffd}") == false })
    }

    @Test func `many windows with growing and shrinking tables count right`() {
        var counter = OperationCounter(
            limits: SeriesLimits(seriesMax: 9000, seriesPerServiceMax: 9000, servicesMax: 1)
        )
        for count in [1, 5000, 3, 8000, 0, 20] {
            for number in 0..<count * 2 { counter.add("name \(number % count)", service: 0) }
            let values = counter.drain(services: ["s"])
            #expect(values.count == count)
            #expect(values.allSatisfy { $0.value.count == 2 })
        }
    }
}

extension OperationCounter {
    fileprivate mutating func add(
        _ name: String,
        service: UInt32,
        kind: UInt8 = 1,
        status: UInt8 = 0,
        nanoseconds: UInt64 = 0,
        weight: UInt64 = 1,
        estimated: Bool = false
    ) {
        let bytes = Array(name.utf8)
        var span = ItemRecord()
        span.nameLength = UInt32(bytes.count)
        span.kind = kind
        span.status = status
        span.end = nanoseconds
        self.count(span, in: bytes.raw, service: service, weight: weight, estimated: estimated)
    }
}

extension SlotValue {
    /// How many were counted: values of a histogram, whole units of a counter, readings of a gauge.
    var count: UInt64 {
        switch self {
        case .counter(let nano): UInt64(clamping: nano / 1_000_000_000)
        case .gauge(let gauge): gauge.count
        case .histogram(let histogram): histogram.count
        case .distinct(let distinct): UInt64(distinct.estimate.rounded())
        }
    }

    /// The sum in billionths.
    var nanoSum: Int128 {
        switch self {
        case .counter(let nano): nano
        case .gauge(let gauge): gauge.nanoSum
        case .histogram(let histogram): histogram.nanoSum
        case .distinct: 0
        }
    }
}
