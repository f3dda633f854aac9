import Telemetry
import Testing

@testable import Node

@Suite struct SeriesExpositionTests {
    private func series(
        _ name: String,
        unit: String = "",
        _ kind: Series.Kind = .counter,
        _ labels: [String: String] = [:]
    ) -> Series {
        Series(
            name,
            unit: unit,
            kind: kind,
            subject: .service("shop"),
            attributes: labels.map { MetricLabel($0.key, $0.value) }
        )
    }

    private static let one = SlotValue.counter(nano: 1_500_000_000)
    private static let gauge = SlotValue.gauge(GaugeValue(7, at: ClusterTime(nanoseconds: 0)))

    private func isName(_ text: String, colons: Bool) -> Bool {
        text.utf8.first.map { !(0x30...0x39).contains($0) } == true
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || $0 == 0x5f
                    || colons && $0 == 0x3a
            }
    }

    @Test func `distinct things are a gauge of their estimate`() {
        var sketch = HyperLogLog()
        for number in UInt64(1)...3 { sketch.insert(hash: ContentHash.hash64(0, number)) }
        let families = SeriesExposition.families([
            (self.series("neoscope.sessions", unit: "{session}", .distinct), .distinct(sketch))
        ])
        #expect(families.map(\.name) == ["neoscope_sessions"] && families.map(\.kind) == [.gauge])
        #expect(
            families[0].readings == [MetricReading(3, labels: [MetricLabel("service_name", "shop")])]
        )
    }

    @Test func `names get their units and suffixes, labels their underscores`() {
        let families = SeriesExposition.families([
            (
                self.series("gen_ai.client.cost", unit: "{USD}", .counter, ["gen_ai.request.model": "m.1"]),
                Self.one
            ),
            (self.series("http.server.duration", unit: "s", .counter), Self.one),
            (self.series("memory.used", unit: "By", .gauge), Self.gauge),
            (self.series("requests_total"), Self.one),
            (self.series("sent_bytes", unit: "By"), Self.one),
        ])
        #expect(
            families.map(\.name) == [
                "gen_ai_client_cost_total", "http_server_duration_seconds_total", "memory_used_bytes",
                "requests_total",
                "sent_bytes_total",
            ]
        )
        #expect(families.map(\.kind) == [.counter, .counter, .gauge, .counter, .counter])
        #expect(
            families[0].readings == [
                MetricReading(
                    1.5,
                    labels: [MetricLabel("service_name", "shop"), MetricLabel("gen_ai_request_model", "m.1")]
                )
            ]
        )
        #expect(families[2].readings.first?.value == 7)
    }

    @Test(arguments: [
        "my-metric/rate", "1st", "größe", "", "a b", "{x}", "a\nb", "\"", "__name__", "метрика", "a:b", "...",
    ])
    func `whatever senders call things, the page stays valid`(name: String) throws {
        let families = SeriesExposition.families([
            (self.series(name, .counter, [name: "v", "le": "1", "a.b": "x", "a_b": "y"]), Self.one)
        ])
        let family = try #require(families.first)
        #expect(self.isName(family.name, colons: true), "\(family.name)")
        let labels = try #require(family.readings.first?.labels)
        #expect(Set(labels.map(\.name)).count == labels.count)
        #expect(labels.count == 5)
        for label in labels {
            #expect(
                self.isName(label.name, colons: false) && label.name != "le" && !label.name.hasPrefix("__")
            )
        }
    }

    @Test func `a family comes once, has one kind, and no label set twice`() {
        let families = SeriesExposition.families([
            (self.series("a.b", .counter, ["x": "1"]), Self.one),
            (self.series("a_b", .counter, ["x": "2"]), Self.one),
            (self.series("a-b", .counter, ["x": "1"]), Self.one),
            (self.series("a.b", .gauge, ["x": "1"]), Self.gauge),
            (self.series("a.b", unit: "s", .counter), Self.one),
            (self.series("a.b", .counter, ["x": "3"]), Self.one),
        ])
        #expect(families.map(\.name) == ["a_b_total", "a_b_gauge", "a_b_seconds_total"])
        #expect(families[0].readings.map { $0.labels.last?.value } == ["1", "2", "3"])
    }

    @Test func `names that others show are left to them`() {
        let reserved: Set = ["process_cpu_seconds_total", "node_load1"]
        let families = SeriesExposition.families(
            [
                (self.series("process.cpu", unit: "s"), Self.one),
                (self.series("node.load1", .gauge), Self.gauge),
                (self.series("own"), Self.one),
            ],
            reserved: reserved
        )
        #expect(
            families.map(\.name) == ["process_cpu_seconds_counter_total", "node_load1_gauge", "own_total"]
        )
    }

    @Test(arguments: [
        ("s", 0.000244140625, 64.0), ("ms", 0.25, 65_536), ("By", 256, 1_073_741_824),
        ("{token}", 1, 4_194_304),
        ("", 1, 4_194_304),
    ])
    func `buckets fit the unit, rise, and end with everything`(
        unit: String,
        first: Double,
        last: Double
    ) throws {
        var histogram = ExponentialHistogram()
        for exponent in -5...12 {
            histogram.record(Double(sign: .plus, exponent: exponent, significand: 1.5))
        }
        let series = self.series("x", unit: unit, .histogram)
        let family = try #require(SeriesExposition.families([(series, .histogram(histogram))]).first)
        let buckets = family.readings.filter { $0.suffix == "_bucket" }
        let bounds = buckets.compactMap { $0.labels.last { $0.name == "le" }?.value }
        #expect(bounds.first.flatMap { Double($0) } == first)
        #expect(bounds.dropLast().last.flatMap { Double($0) } == last)
        #expect(bounds.last == "+Inf")
        let counts = buckets.map(\.value)
        #expect(counts == counts.sorted())
        #expect(counts.last == 18)
        for (bound, count) in zip(bounds.dropLast().compactMap { Double($0) }, counts) {
            #expect(
                count
                    == Double(
                        (-5...12).count { 1.5 * Double(sign: .plus, exponent: $0, significand: 1) <= bound }
                    )
            )
        }
        #expect(family.readings.first { $0.suffix == "_count" }?.value == 18)
        #expect(family.readings.first { $0.suffix == "_sum" }?.value == histogram.sum)
    }
}
