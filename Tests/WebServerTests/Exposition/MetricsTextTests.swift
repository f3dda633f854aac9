import Foundation
import Telemetry
import Testing

@testable import WebServer

@Suite struct MetricsTextTests {
    private func text(_ families: [MetricFamily], _ format: ExpositionFormat) -> String {
        String(decoding: MetricsText.render(families, as: format), as: UTF8.self)
    }

    private static let odd = "a\\b\"c\nd é {},= # \t"

    private static let families = [
        MetricFamily(
            "neoscope_items_in_total",
            help: "Items \"in\"\nat C:\\.",
            kind: .counter,
            readings: [
                MetricReading(3, labels: [MetricLabel("signal", "spans"), MetricLabel("stage", Self.odd)]),
                MetricReading(0, labels: [MetricLabel("signal", ""), MetricLabel("stage", "x")]),
            ]
        ),
        MetricFamily("load", help: "", kind: .gauge, readings: [MetricReading(-0.5)]),
        MetricFamily("mystery", help: "?", kind: .unknown, readings: [MetricReading(1e300)]),
        MetricFamily(
            "duration_seconds",
            help: "Durations.",
            kind: .histogram,
            readings: [
                MetricReading(1, suffix: "_bucket", labels: [MetricLabel("le", "0.5")]),
                MetricReading(2, suffix: "_bucket", labels: [MetricLabel("le", "+Inf")]),
                MetricReading(0.75, suffix: "_sum"), MetricReading(2, suffix: "_count"),
            ]
        ),
        MetricFamily("nothing_yet_total", help: "Left out.", kind: .counter),
    ]

    @Test func `the text format as written`() {
        #expect(
            self.text(Array(Self.families.prefix(2)), .text) == #"""
                # HELP neoscope_items_in_total Items "in"\nat C:\\.
                # TYPE neoscope_items_in_total counter
                neoscope_items_in_total{signal="spans",stage="a\\b\"c\nd é {},= # 	"} 3
                neoscope_items_in_total{signal="",stage="x"} 0
                # HELP load 
                # TYPE load gauge
                load -0.5

                """#
        )
    }

    @Test func `OpenMetrics names a counter's family without its suffix`() {
        #expect(
            self.text([Self.families[0], Self.families[2]], .openMetrics) == #"""
                # HELP neoscope_items_in Items \"in\"\nat C:\\.
                # TYPE neoscope_items_in counter
                neoscope_items_in_total{signal="spans",stage="a\\b\"c\nd é {},= # 	"} 3
                neoscope_items_in_total{signal="",stage="x"} 0
                # HELP mystery ?
                # TYPE mystery unknown
                mystery 1e+300
                # EOF

                """#
        )
        let unnamed = MetricFamily("requests", help: "", kind: .counter, readings: [MetricReading(1)])
        #expect(self.text([unnamed], .openMetrics).contains("\nrequests_total 1\n"))
    }

    @Test func `both forms come back as they were`() throws {
        let shown = Self.families.filter { !$0.readings.isEmpty }
        #expect(try ExpositionParser.parse(self.text(Self.families, .text), isOpenMetrics: false) == shown)
        let open = try ExpositionParser.parse(self.text(Self.families, .openMetrics), isOpenMetrics: true)
        #expect(open.map(\.readings) == shown.map(\.readings))
        #expect(open.map(\.name) == ["neoscope_items_in", "load", "mystery", "duration_seconds"])
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "0"), (1, "1"), (-17, "-17"), (0.5, "0.5"), (1e15, "1000000000000000"),
        (9_007_199_254_740_991, "9007199254740991"), (1e22, "1e+22"), (1e-7, "1e-07"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"), (0.1 + 0.2, "0.30000000000000004"), (1.7e308, "1.7e+308"),
    ])
    func `numbers`(value: Double, text: String) {
        #expect(MetricsText.number(value) == text)
    }

    @Test func `random numbers come back exactly`() {
        var random = SystemLikeRandom(state: 42)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(Double(MetricsText.number(value)) == value)
        }
    }

    @Test func `no families are an empty page with an end`() {
        #expect(self.text([], .text).isEmpty)
        #expect(self.text([], .openMetrics) == "# EOF\n")
    }

    @Test(.enabled(if: TestData.hasOpenMetrics, "the OpenMetrics parser test suite is not here"))
    func `the OpenMetrics suite's exposition comes back as it was`() throws {
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: TestData.openMetrics.path).sorted() {
            let url = TestData.openMetrics.appending(path: name + "/metrics")
            let text = try String(contentsOf: url, encoding: .utf8)
            // What our model does not have: timestamps, exemplars, units, further kinds; all are errors of the parser.
            guard !name.hasPrefix("bad_"),
                let families = try? ExpositionParser.parse(text, isOpenMetrics: true)
            else {
                continue
            }
            let again = try ExpositionParser.parse(self.text(families, .openMetrics), isOpenMetrics: true)
            let shown = families.filter { !$0.readings.isEmpty }
            #expect(again.map(\.help) == shown.map(\.help), "\(name)")
            #expect(again.map(\.kind) == shown.map(\.kind), "\(name)")
            #expect("\(again.flatMap(\.readings))" == "\(shown.flatMap(\.readings))", "\(name)")
            count += 1
        }
        #expect(count >= 15)
    }

    @Test func `the scraper chooses the form`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            var status = FakeStatus()
            status.shownFamilies = Self.families
            let api = TestAPI(fixture.store, status)
            let plain = try await api.get("/metrics")
            #expect(plain.type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(plain.text == self.text(Self.families, .text))
            let accept =
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
            let open = try await api.get("/metrics", headers: ["accept": accept])
            #expect(open.type == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(open.text == self.text(Self.families, .openMetrics))
        }
    }
}

/// A generator with a seed.
private struct SystemLikeRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var value = self.state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
