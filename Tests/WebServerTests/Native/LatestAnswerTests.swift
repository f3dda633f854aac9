import Storage
import Telemetry
import Testing

@testable import WebServer

@Suite struct LatestAnswerTests {
    private static func line(
        _ labels: [String: String],
        _ value: SlotValue,
        slots: UInt64 = 1,
        kind: Series.Kind = .counter,
        isUnsettled: Bool = false
    ) -> WindowTotals.Line {
        WindowTotals.Line(
            series: Series(
                "requests",
                unit: "1",
                kind: kind,
                subject: .service("shop"),
                attributes: labels.map { MetricLabel($0.key, $0.value) }
            ),
            value: value,
            slotCount: slots,
            isEstimated: false,
            isUnsettled: isUnsettled
        )
    }

    private static func json(_ lines: [WindowTotals.Line], by: [String]? = nil) throws -> JSONValue {
        let totals = WindowTotals(window: Window(index: 3), lines: lines)
        return try JSONValue.parse(LatestAnswer.json(totals, by: by, answeredBy: FakeStatus().identity))
    }

    @Test func `totals keep their labels, and say how many slots went into them`() throws {
        let answer = try Self.json([Self.line(["a": "1"], .counter(nano: 2_000_000_000), slots: 7)])
        #expect(answer["window"]?["from"]?.text == "1970-01-01T00:00:30.000000000Z")
        #expect(answer["window"]?["to"]?.text == "1970-01-01T00:00:40.000000000Z")
        let one = answer["series"]?[0]
        #expect(one?["labels"] == .object(["service.name": .text("shop"), "a": .text("1")]))
        #expect(one?["value"]?["sum"]?.number == 2 && one?["slots"]?.number == 7)
        #expect(answer["answered_by"] != nil)
    }

    @Test func `numbers of slots beyond all measure add up to the largest one`() throws {
        let lines = [1, 2].map { Self.line(["a": "\($0)"], .counter(nano: .max), slots: .max) }
        #expect(try Self.json(lines, by: [])["series"]?.items.count == 1)
    }

    @Test func `series that agree in the wanted labels are merged, kinds apart`() throws {
        let answer = try Self.json(
            [
                Self.line(["a": "1", "b": "x"], .counter(nano: 1_000_000_000)),
                Self.line(["a": "1", "b": "y"], .counter(nano: 4_000_000_000), slots: 2, isUnsettled: true),
                Self.line(["a": "2"], .counter(nano: 8_000_000_000)),
                Self.line(["a": "1"], .gauge(GaugeValue(5, at: ClusterTime(nanoseconds: 1))), kind: .gauge),
            ],
            by: ["a", "a"]
        )
        let sums = (answer["series"]?.items ?? []).compactMap { $0["value"]?["sum"]?.number }
        #expect(sums.sorted() == [5, 8] && answer["series"]?.items.count == 3)
        let merged = (answer["series"]?.items ?? []).first { $0["slots"]?.number == 3 }
        #expect(merged?["unsettled"] == .bool(true) && merged?["labels"] == .object(["a": .text("1")]))
    }

    @Test func `where nothing is known the window is null`() throws {
        let answer = try JSONValue.parse(LatestAnswer.json(nil, by: nil, answeredBy: FakeStatus().identity))
        #expect(answer["window"] == .null && answer["series"]?.items.isEmpty == true)
    }
}
