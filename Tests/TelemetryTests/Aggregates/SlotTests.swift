import Telemetry
import TestSupport
import Testing

@Suite struct SlotTests {
    @Test func `every slot comes back from its bytes`() throws {
        for seed in UInt64(1)...300 {
            var random = SplitMix64(seed: seed)
            let slot = Self.slot(&random)
            let bytes = Self.bytes(slot)
            var reader = WireReader(bytes.raw)
            #expect(try Slot(from: &reader) == slot, "seed \(seed)")
            #expect(reader.isAtEnd == true)
            for count in 0..<bytes.count {
                var short = WireReader(bytes.raw, 0..<count)
                #expect(throws: WireFailure.self) { try Slot(from: &short) }
            }
        }
    }

    @Test func `damaged slots are refused or read, never trapped on`() {
        var random = SplitMix64(seed: 9)
        for seed in UInt64(1)...4000 {
            var mutator = RequestMutator(seed: seed)
            let bytes = mutator.mutate(Self.bytes(Self.slot(&random)), donor: Self.bytes(Self.slot(&random)))
            var reader = WireReader(bytes.raw)
            guard let slot = try? Slot(from: &reader) else { continue }
            let copy = Self.bytes(slot)
            var again = WireReader(copy.raw)
            #expect((try? Slot(from: &again)) == slot, "seed \(seed)")
        }
    }

    @Test func `a window beyond the end of time and an unknown resolution are refused`() {
        var writer = ByteWriter()
        writer.byte(Resolution.hour.rawValue)
        writer.varint(.max)
        var reader = WireReader(writer.bytes.raw)
        #expect(throws: WireFailure.tooMany(atByte: 0)) { try Slot(from: &reader) }
        var unknown = WireReader([9].raw)
        #expect(throws: WireFailure.invalidTag(atByte: 0)) { try Slot(from: &unknown) }
    }

    @Test func `labels are sorted, and those of one series are one series`() {
        let left = Self.series([MetricLabel("b", "2"), MetricLabel("a", "1")])
        let right = Self.series([MetricLabel("a", "1"), MetricLabel("b", "2")])
        #expect(left == right && left.hashValue == right.hashValue)
        #expect(left["b"] == "2" && left["c"] == nil)
        #expect(left.labels.map(\.name) == ["service.name", "a", "b"])
        #expect(left.key == Key.service("shop"))
        #expect(Series("x", unit: "", kind: .gauge, subject: .host("h")).key == Key.host("h"))
    }

    @Test func `a series with more labels than there can be is refused`() {
        var writer = ByteWriter()
        writer.byte(1)
        for text in ["shop", "name", "unit"] { writer.text(text) }
        writer.byte(1)
        writer.varint(129)
        var reader = WireReader(writer.bytes.raw)
        #expect(throws: WireFailure.tooMany(atByte: 0)) { try Series(from: &reader) }
    }

    @Test func `each resolution is a multiple of the one below`() {
        #expect(
            Resolution.allCases.map(\.nanoseconds) == [10_000_000_000, 60_000_000_000, 3_600_000_000_000]
        )
    }

    private static func series(_ labels: [MetricLabel]) -> Series {
        Series("name", unit: "s", kind: .histogram, subject: .service("shop"), attributes: labels)
    }

    private static func slot(_ random: inout SplitMix64) -> Slot {
        let resolution = Resolution.allCases[random.below(3)]
        let labels = (0..<random.below(4)).map { MetricLabel("label \($0)", "größe \(random.below(9))") }
        return Slot(
            series: Series(
                "metric \(random.below(3))",
                unit: ["", "s"][random.below(2)],
                kind: [Series.Kind.counter, .gauge, .histogram][random.below(3)],
                subject: random.one(in: 2) ? .service("shop") : .host("host 1"),
                attributes: labels
            ),
            resolution: resolution,
            start: UInt64(random.below(1 << 20)) * resolution.nanoseconds,
            part: UInt32(random.below(1 << 20)),
            isEstimated: random.one(in: 2),
            value: SlotValueTests.value(&random)
        )
    }

    private static func bytes(_ slot: Slot) -> [UInt8] {
        var writer = ByteWriter()
        slot.encode(into: &writer)
        return writer.bytes
    }
}
