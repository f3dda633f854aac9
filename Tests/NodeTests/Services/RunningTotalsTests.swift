import Node
import Pipeline
import Telemetry
import Testing

@Suite struct RunningTotalsTests {
    /// The slots of one window with so much added to each counter.
    private func frames(_ values: [String: Int], service: String = "shop", at second: UInt64) -> [SealedFrame]
    {
        let now = ClusterTime(nanoseconds: (1_700_000_000 + second) * 1_000_000_000)
        var edge = Edge(options: EdgeOptions(), run: RunID(high: 1, low: second), at: now)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            let series = Series(name, unit: "1", kind: .counter, subject: .service(service))
            edge.add(series, .counter(nano: Int128(value) * 1_000_000_000), at: now)
            let host = Series(name, unit: "1", kind: .counter, subject: .host("h"))
            edge.add(host, .counter(nano: 1_000_000_000), at: now)
        }
        edge.finish(at: now)
        return edge.cut().filter { $0.header.signal == .slots }
    }

    @Test func `windows add up per series, and hosts are left out`() {
        let totals = RunningTotals()
        for (second, values) in [["a": 1, "b": 10], ["a": 2], ["b": 20, "c": 5]].enumerated() {
            for frame in self.frames(values, at: UInt64(second) * 10) { totals.add(frame) }
        }
        let shown = totals.services
        #expect(shown.map(\.series.name) == ["a", "b", "c"])
        let sums = shown.map { line -> Int128 in
            guard case .counter(let nano) = line.value else { return -1 }
            return nano / 1_000_000_000
        }
        #expect(sums == [3, 30, 5])
        #expect(shown.allSatisfy { $0.series.subject == .service("shop") })
        #expect(totals.hiddenCount == 0)
    }

    @Test func `further series than there is room for are counted`() {
        let totals = RunningTotals(seriesMax: 2)
        for second: UInt64 in [0, 10] {
            for frame in self.frames(["a": 1, "b": 1, "c": 1, "d": 1], at: second) { totals.add(frame) }
        }
        #expect(totals.services.count == 2)
        #expect(totals.hiddenCount == 4)
    }
}
