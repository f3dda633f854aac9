import OTLPMessages
import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

@Suite struct GathererTests {
    private static let run = RunID(high: 55, low: 66)

    /// An edge that cuts parts at every seal.
    private static func partEdge(_ limit: Int = .max / 4096) -> Edge {
        var options = EdgeOptions()
        options.partBytesMax = limit
        return Edge(options: options, run: .test, at: .seconds(0))
    }

    /// Spans of few traces in one request, with roots and errors among them.
    static func spans(_ random: inout SplitMix64, _ count: Int, traces: Int = 4, noise: Int = 0) -> [UInt8] {
        TestSpan.request(
            (0..<count).map { _ in
                TestSpan(
                    trace: TraceID(high: 1, low: UInt64(1 + random.below(traces))),
                    span: random.next() | 1,
                    parent: random.one(in: 3) ? 0 : 5,
                    service: "service \(random.below(3))",
                    name: "op \(random.below(5))",
                    start: 1_000 + UInt64(random.below(100)),
                    end: 2_000 + UInt64(random.below(100)),
                    isError: random.one(in: 5),
                    attributes: ["noise": String(repeating: "x", count: noise)]
                )
            }
        )
    }

    private static func add(
        _ parts: [SealedFrame],
        to gatherer: inout Gatherer,
        at now: Duration = .zero
    ) throws -> [Gatherer.Gathering] {
        try parts.flatMap { part in
            try gatherer.add(Frame(part.bytes.raw), part.frame.payload(part.bytes.raw), at: now)
        }
    }

    /// What an index says of its chunks, wherever they lie.
    private static func entries(_ frames: [SealedFrame]) -> [String] {
        frames.flatMap { sealed in
            sealed.frame.entries.map { entry in
                "\(sealed.header.signal) \(entry.key) \(entry.firstStart) \(entry.lastEnd) \(entry.itemCount) "
                    + "\(entry.errorCount) \(entry.flags) \(sealed.frame.name(entry.service) ?? "-") "
                    + (sealed.frame.name(entry.rootName) ?? "-")
            }
        }
    }

    private static func extras(_ frames: [SealedFrame]) throws -> Set<[UInt8]> {
        var extras: Set<[UInt8]> = []
        for sealed in frames {
            let payload = try sealed.frame.payload(sealed.bytes.raw)
            for table in payload.tables where table.role == .request {
                extras.insert(Array(payload.bytes[table.range]))
            }
        }
        return extras
    }

    @Test func `what goes in comes out once, byte for byte, as if it had come in one request`() throws {
        for seed in UInt64(1)...80 {
            var maker = RandomMessages(seed: seed)
            var parted = Self.partEdge()
            var whole = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
            var gatherer = Gatherer(run: Self.run, compressionLevel: 1)
            for _ in 0...maker.random.below(12) {
                let few = Self.spans(&maker.random, 1 + maker.random.below(6))
                // Field 900 of a request, which nobody knows.
                let odd = few + [0xa0, 0x38, UInt8(maker.random.below(100))]
                let traces: [UInt8] = try maker.traces(spans: 3).serializedBytes()
                let logs: [UInt8] = try maker.logs(records: 3).serializedBytes()
                let metrics: [UInt8] = try maker.metrics(points: 3).serializedBytes()
                for bytes in [odd, traces] {
                    _ = try parted.takeTraces(bytes, at: .seconds(1))
                    _ = try whole.takeTraces(bytes, at: .seconds(1))
                }
                _ = try parted.takeLogs(logs, at: .seconds(1))
                _ = try whole.takeLogs(logs, at: .seconds(1))
                _ = try parted.takeMetrics(metrics, at: .seconds(1))
                _ = try whole.takeMetrics(metrics, at: .seconds(1))
                let parts = parted.cut()
                #expect(parts.allSatisfy { $0.header.flags.contains(.part) })
                #expect(try Self.add(parts, to: &gatherer).isEmpty, "seed \(seed)")
            }
            let expected = whole.cut()
            let gathering = gatherer.finish()
            let found = try #require(gathering).frames
            #expect(Self.entries(found) == Self.entries(expected), "seed \(seed)")
            #expect(try SealedContent(found).items == SealedContent(expected).items, "seed \(seed)")
            #expect(try Self.extras(found) == Self.extras(expected), "seed \(seed)")
            let flags = found.map { $0.header.flags.subtracting(.zstd) }
            #expect(flags.allSatisfy { $0 == .gathered } && gatherer.rawBytes == 0, "seed \(seed)")
        }
    }

    @Test func `every part is named once, in the order it came, and every frame has a name of its own`()
        throws
    {
        var random = SplitMix64(seed: 9)
        var edge = Self.partEdge()
        var gatherer = Gatherer(run: Self.run, compressionLevel: 1, limits: .init(partsMax: 3))
        var (parts, gatherings) = ([FrameID](), [Gatherer.Gathering]())
        for _ in 0..<10 {
            _ = try edge.takeTraces(Self.spans(&random, 2), at: .seconds(1))
            let cut = edge.cut()
            parts += cut.map(\.header.id)
            gatherings += try Self.add(cut, to: &gatherer)
        }
        #expect(gatherings.map(\.parts.count) == [3, 3, 3])
        let rest = gatherer.finish()
        gatherings.append(try #require(rest))
        #expect(gatherings.flatMap(\.parts) == parts)
        let names = gatherings.flatMap { $0.frames.map(\.header.id) }
        #expect(names == (1...UInt64(names.count)).map { FrameID(run: Self.run, sequence: $0) })
        let nothing = gatherer.finish()
        #expect(nothing == nil && gatherer.deadline == nil)
    }

    @Test func `each frame holds chunks of one group of owners`() throws {
        var random = SplitMix64(seed: 3)
        let groups = PartitionGroups { $0 % 7 }
        var edge = Self.partEdge()
        edge.groups = groups
        var gatherer = Gatherer(run: Self.run, compressionLevel: 1)
        for _ in 0..<20 {
            _ = try edge.takeTraces(Self.spans(&random, 5, traces: 1_000_000), at: .seconds(1))
            let parts = edge.cut()
            #expect(parts.count == 1)
            _ = try Self.add(parts, to: &gatherer)
        }
        // The cluster as it is when they are sealed.
        gatherer.groups = groups
        let gathering = gatherer.finish()
        let frames = try #require(gathering).frames
        #expect(frames.count == 7)
        for frame in frames {
            #expect(Set(frame.frame.entries.map { groups.group(of: $0.key) }).count == 1)
        }
        #expect(try SealedContent(frames).items.count == 100)
    }

    @Test func `no frame holds parts of two windows, and its time is that of its newest part`() throws {
        for seed in UInt64(1)...40 {
            var random = SplitMix64(seed: seed)
            var gatherer = Gatherer(run: Self.run, compressionLevel: 1)
            var created: [FrameID: ClusterTime] = [:]
            var gatherings: [Gatherer.Gathering] = []
            // Several edges, whose parts come in any order around the boundary.
            for number in UInt64(0)..<30 {
                var options = EdgeOptions()
                options.partBytesMax = 1 << 20
                let time = ClusterTime.seconds(9 + Double(number) / 15 + Double(random.below(100)) / 100)
                var edge = Edge(options: options, run: RunID(high: 7, low: number), at: time)
                _ = try edge.takeTraces(Self.spans(&random, 1), at: time)
                let parts = edge.cut()
                for part in parts { created[part.header.id] = time }
                gatherings += try Self.add(parts, to: &gatherer)
            }
            if let rest = gatherer.finish() { gatherings.append(rest) }
            #expect(gatherings.count > 1 && gatherings.flatMap(\.parts).count == 30, "seed \(seed)")
            for gathering in gatherings {
                let times = gathering.parts.compactMap { created[$0] }
                #expect(Set(times.map { Window(at: $0) }).count == 1, "seed \(seed)")
                #expect(gathering.frames.allSatisfy { $0.header.created == times.max() }, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [1, 3, 45])
    func `it seals at its share of bytes for each group, or at its bytes for all`(_ groups: Int) throws {
        var random = SplitMix64(seed: 5)
        let limits = Gatherer.Limits(groupBytesMax: 10_000, bytesMax: 100_000)
        let due = min(10_000 * groups, 100_000)
        var gatherer = Gatherer(run: Self.run, compressionLevel: 1, limits: limits)
        if groups > 1 { gatherer.groups = PartitionGroups { $0 % groups } }
        var edge = Self.partEdge()
        for _ in 0..<200 {
            let before = gatherer.rawBytes
            _ = try edge.takeTraces(Self.spans(&random, 3, noise: 500), at: .seconds(1))
            let raw = edge.stagedBytes
            let complete = try Self.add(edge.cut(), to: &gatherer)
            #expect(complete.isEmpty == (gatherer.rawBytes > 0))
            #expect(gatherer.rawBytes < due && before + raw < due + 3_000)
            // Shared resources and scopes are there once.
            if !complete.isEmpty { #expect(before + raw >= due) }
        }
    }

    @Test func `it is due a second after its oldest part, and not before`() throws {
        var random = SplitMix64(seed: 6)
        var gatherer = Gatherer(run: Self.run, compressionLevel: 1, limits: .init(waitMax: .seconds(1)))
        #expect(gatherer.deadline == nil)
        // Created in another order, or hours ago: when it was added counts.
        for (number, time) in [2.5, 2.25, 3].enumerated() {
            var edge = Edge(
                options: Self.partEdge().options,
                run: RunID(high: 1, low: UInt64(number)),
                at: .seconds(0)
            )
            _ = try edge.takeTraces(Self.spans(&random, 1), at: .seconds(time))
            let added = try Self.add(edge.cut(), to: &gatherer, at: .milliseconds(700 + number))
            #expect(added.isEmpty)
        }
        #expect(gatherer.deadline == .milliseconds(1700))
        let early = gatherer.tick(at: .milliseconds(1699))
        let due = gatherer.tick(at: .milliseconds(1700))
        let again = gatherer.tick(at: .seconds(9))
        #expect(early == nil && due?.parts.count == 3 && again == nil && gatherer.deadline == nil)
    }

    @Test func `what is no part is not taken, and what is there stays`() throws {
        var random = SplitMix64(seed: 7)
        var gatherer = Gatherer(run: Self.run, compressionLevel: 1)
        var edge = Self.partEdge()
        _ = try edge.takeTraces(Self.spans(&random, 3), at: .seconds(1))
        let part = try #require(edge.cut().first)
        _ = try Self.add([part], to: &gatherer)
        edge.finish(at: .seconds(2))
        let slots = edge.cut().filter { $0.header.signal == .slots }
        #expect(!slots.isEmpty)
        #expect(throws: Gatherer.Failure.noPart) { _ = try Self.add(slots, to: &gatherer) }
        var plain = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        _ = try plain.takeTraces(Self.spans(&random, 3), at: .seconds(15))
        let whole = plain.cut().filter { $0.header.signal == .spans }
        #expect(throws: Gatherer.Failure.noPart) { _ = try Self.add(whole, to: &gatherer) }
        // Of another window, and torn: that must not seal what is there and lose it.
        var header = part.header
        header.created = .seconds(15)
        let later = Frame(header: header, entries: part.frame.entries, names: part.frame.names)
        let payload = try part.frame.payload(part.bytes.raw)
        let torn = try FramePayload(Array(payload.bytes.dropLast(3)), tableCount: payload.tables.count)
        #expect(throws: Gatherer.Failure.self) { _ = try gatherer.add(later, torn, at: .zero) }
        let rest = gatherer.finish()
        #expect(rest?.parts == [part.header.id])
        #expect(try SealedContent(rest?.frames ?? []).items.count == 3)
    }
}
