import HTTPTypes
import Storage
import Telemetry
import Testing

@testable import WebServer

@Suite struct MetricsAnswerTests {
    private func line(
        _ kind: Series.Kind = .counter,
        unit: String = "1",
        labels: [String: String],
        _ values: [UInt64: SlotValue],
        isEstimated: Bool = false
    ) -> SeriesLine {
        SeriesLine(
            series: Series(
                "requests",
                unit: unit,
                kind: kind,
                subject: .service("shop"),
                attributes: labels.map { MetricLabel($0.key, $0.value) }
            ),
            points: values.map { SeriesPoint(start: $0.key, value: $0.value) }.sorted { $0.start < $1.start },
            isEstimated: isEstimated
        )
    }

    private func series(_ lines: [SeriesLine], by: [String]?) throws -> [JSONValue] {
        try JSONValue.parse(
            MetricsAnswer.json(
                SeriesAnswer(lines: lines),
                by: by,
                SeriesQuery(from: 0, to: 10),
                answeredBy: FakeStatus().identity
            )
        )["series"]?.items
            ?? []
    }

    private static func count(_ value: Int128) -> SlotValue { .counter(nano: value * 1_000_000_000) }

    @Test func `lines as stored keep their labels`() throws {
        let lines = [self.line(labels: ["a": "1", "b": "x"], [0: Self.count(2)])]
        let shown = try self.series(lines, by: nil)
        #expect(
            shown[0]["labels"] == .object(["service.name": .text("shop"), "a": .text("1"), "b": .text("x")])
        )
        #expect(shown[0]["points"]?[0]?["sum"]?.number == 2)
        #expect(shown[0]["points"]?[0]?["time"]?.text == "1970-01-01T00:00:00.000000000Z")
    }

    @Test func `lines that agree in the wanted labels are merged step by step`() throws {
        let lines = [
            self.line(labels: ["a": "1", "b": "x"], [0: Self.count(1), 10: Self.count(2)]),
            self.line(
                labels: ["a": "1", "b": "y"],
                [10: Self.count(4), 20: Self.count(8)],
                isEstimated: true
            ),
            self.line(labels: ["a": "2"], [0: Self.count(16)]),
        ]
        let shown = try self.series(lines, by: ["a"])
        #expect(shown.map { $0["labels"]?["a"]?.text } == ["1", "2"])
        #expect(shown[0]["points"]?.items.compactMap { $0["sum"]?.number } == [1, 6, 8])
        #expect(shown.map { $0["estimated"] } == [.bool(true), .bool(false)])
        #expect(
            try self.series(lines, by: [])[0]["points"]?.items.compactMap { $0["sum"]?.number } == [17, 6, 8]
        )
    }

    @Test func `what two lines saw counts once when they are merged`() throws {
        let sketches = [UInt64(0)..<20, 10..<30].map { numbers in
            var sketch = HyperLogLog()
            for number in numbers { sketch.insert(hash: ContentHash.hash64(0, number)) }
            return SlotValue.distinct(sketch)
        }
        let lines = zip(["1", "2"], sketches).map { self.line(.distinct, labels: ["a": $0], [0: $1]) }
        let apart = try self.series(lines, by: ["a"])
        #expect(apart.compactMap { $0["points"]?[0]?["distinct"]?.number } == [20, 20])
        #expect(try self.series(lines, by: [])[0]["points"]?[0]?["distinct"]?.number == 30)
    }

    @Test func `a label that no line has is refused with those that there are`() throws {
        let lines = [self.line(labels: ["a": "1"], [:]), self.line(labels: ["b": "2"], [:])]
        try MetricsAnswer.check(["a", "b", "service.name"], against: lines)
        try MetricsAnswer.check(["nobody"], against: [])
        #expect(
            throws: APIFailure(
                .badRequest,
                "expected by to name labels of these series (a, b, service.name), not \"nobody\""
            )
        ) { try MetricsAnswer.check(["a", "nobody"], against: lines) }
    }

    @Test func `what does not add up stays apart`() throws {
        let lines = [
            self.line(labels: [:], [0: Self.count(1)]),
            self.line(unit: "By", labels: [:], [0: Self.count(2)]),
            self.line(.gauge, labels: [:], [0: .gauge(GaugeValue(3, at: ClusterTime(nanoseconds: 0)))]),
        ]
        let shown = try self.series(lines, by: [])
        try #require(shown.count == 3)
        #expect(shown[2]["points"]?[0]?["last"]?.number == 3)
    }

    @Test func `a label wanted twice comes once`() throws {
        let lines = [self.line(labels: ["a": "1"], [0: Self.count(1)])]
        let bytes = MetricsAnswer.json(
            SeriesAnswer(lines: lines),
            by: ["a", "a"],
            SeriesQuery(),
            answeredBy: FakeStatus().identity
        )
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"labels\":{\"a\":\"1\"}"))
    }
}
