import OTLPMessages
import Pipeline
import SwiftProtobuf
import Telemetry
import Testing

@Suite struct WindowRebuilderTests {
    @Test func `the slots of a crashed process are those it would have made`() throws {
        for seed in UInt64(1)...40 {
            var options = EdgeOptions()
            options.sampler = HeadSampler(share: [1, 0.4, 0][Int(seed % 3)])
            var edge = Edge(options: options, run: .test, at: .seconds(0))
            var maker = RandomMessages(seed: seed)
            var frames: [SealedFrame] = []
            for round in 0..<12 {
                let now = ClusterTime.seconds(Double(round) * 2.5)
                let traces: [UInt8] = try maker.traces(spans: 4).serializedBytes()
                let logs: [UInt8] = try maker.logs(records: 3).serializedBytes()
                _ = try edge.takeTraces(traces, at: now)
                _ = try edge.takeLogs(logs, at: now)
                if round % 3 == 0 { frames += edge.cut() }
            }
            edge.finish(at: .seconds(29))
            frames += edge.cut()
            let expected = try SealedContent.slots(frames)
            // Every second frame of slots was stored before the crash.
            let slotFrames = frames.filter { $0.header.signal == .slots }
            let stored = slotFrames.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
            var rebuilder = WindowRebuilder(options: options)
            for sealed in (frames.filter { $0.header.signal != .slots } + stored).reversed() {
                rebuilder.add(try Frame(sealed.bytes.raw), try sealed.frame.payload(sealed.bytes.raw))
            }
            let missing = rebuilder.missing()
            #expect(missing.allSatisfy { $0.run == .test }, "seed \(seed)")
            let found = missing.flatMap(\.slots) + (try SealedContent.slots(stored))
            #expect(Self.described(found) == Self.described(expected), "seed \(seed)")
        }
    }

    @Test func `costs and steps of cumulative streams come out as the edge had them`() throws {
        for seed in UInt64(1)...4 {
            let price = PriceTable.Row(model: "*", input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75)
            let options = EdgeOptions(prices: PriceTable(rows: [price]))
            var edge = Edge(options: options, run: .test, at: .seconds(0))
            var maker = RandomMessages(seed: seed)
            var frames: [SealedFrame] = []
            for round in 0..<12 {
                let now = Double(round) * 2.5
                // A process that began in this window.
                let began = (now / 10).rounded(.down) * 10 + 0.125
                let metrics: [OTLPMetric] = [
                    .sum(Double(maker.random.below(9)), .delta),
                    .sum(now * 8, start: began, time: now + 0.25),
                    .histogram(.init([UInt64(round), 1], [4], sum: now, start: began, time: now + 0.25)),
                ]
                _ = try edge.takeMetrics(Self.request(metrics), at: .seconds(now + 0.5))
                _ = try edge.takeTraces(Self.modelCalls(&maker), at: .seconds(now + 0.5))
                frames += edge.cut()
            }
            edge.finish(at: .seconds(31))
            frames += edge.cut()
            let expected = try SealedContent.slots(frames)
            #expect(Set(expected.map(\.series.name)).isSuperset(of: ["metric", MetricName.modelCost]))
            var rebuilder = WindowRebuilder(options: options)
            for sealed in frames.reversed() where sealed.header.signal != .slots {
                rebuilder.add(try Frame(sealed.bytes.raw), try sealed.frame.payload(sealed.bytes.raw))
            }
            let found = rebuilder.missing().flatMap(\.slots)
            #expect(Self.described(found) == Self.described(expected), "seed \(seed)")
        }
    }

    @Test func `a frame that is there as itself and as a journal copy counts once, and another's not at all`()
        throws
    {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let options = EdgeOptions()
            var edge = Edge(options: options, run: .test, at: .seconds(0))
            var other = Edge(options: options, run: RunID(high: 8, low: 8), at: .seconds(0))
            var maker = RandomMessages(seed: seed)
            var (frames, foreign): ([SealedFrame], [SealedFrame]) = ([], [])
            for round in 0..<8 {
                let now = Double(round) * 2
                _ = try edge.takeTraces(try maker.traces(spans: 3).serializedBytes(), at: .seconds(now))
                _ = try edge.takeLogs(try maker.logs(records: 3).serializedBytes(), at: .seconds(now))
                _ = try edge.takeMetrics(Self.request([.sum(now, .delta)]), at: .seconds(now))
                _ = try other.takeTraces(try maker.traces(spans: 3).serializedBytes(), at: .seconds(now))
                _ = try other.takeMetrics(Self.request([.sum(now, .delta)]), at: .seconds(now))
                frames += edge.cut()
                foreign += other.cut()
            }
            edge.finish(at: .seconds(19))
            frames += edge.cut()
            let expected = try SealedContent.slots(frames)
            let items = frames.filter { $0.header.signal != .slots }
            // Each is there as itself, as a journal copy, or as both.
            let ways = items.map { _ in random.below(3) }
            let copies = zip(items, ways).filter { $0.1 > 0 }.map(\.0.journalCopy)
            let rest = zip(items, ways).filter { $0.1 < 2 }.map(\.0)
            let origin = WindowRebuilder.Origin(started: .seconds(0), completeFrom: .seconds(0))
            var rebuilder = WindowRebuilder(options: options, origins: [.test: origin])
            for sealed in copies.reversed() + copies.prefix(3) + rest + foreign + foreign.map(\.journalCopy) {
                rebuilder.add(try Frame(sealed.bytes.raw), try sealed.frame.payload(sealed.bytes.raw))
            }
            let missing = rebuilder.missing()
            #expect(missing.map(\.run) == [.test], "seed \(seed)")
            #expect(Self.described(missing.flatMap(\.slots)) == Self.described(expected), "seed \(seed)")
        }
    }

    @Test func `streams go on from window to window, and from before those that are made again`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(3))
        var frames: [SealedFrame] = []
        for round in 0..<12 {
            let now = Double(round) * 5 + 3
            let metrics: [OTLPMetric] = [
                // Older than the edge; begun after it; begun only later.
                .sum(now * 2, start: -50, time: now, label: "old"),
                .sum(now * 3, start: 4, time: now, label: "new"),
                .histogram(.init([UInt64(round), 1], [4], sum: now, start: 3.5, time: now)),
                .sum(now, start: 34, time: now, label: "late"),
            ]
            let sent = round < 8 ? Array(metrics.dropLast()) : metrics
            _ = try edge.takeMetrics(Self.request(sent), at: .seconds(now))
            frames += edge.cut()
        }
        edge.finish(at: .seconds(59))
        frames += edge.cut()
        let from = Window(at: .seconds(40)).start
        let expected = try SealedContent.slots(frames).filter { $0.start >= from.nanoseconds }
        let origin = WindowRebuilder.Origin(started: .seconds(3), completeFrom: .seconds(0), from: from)
        var rebuilder = WindowRebuilder(options: EdgeOptions(), origins: [.test: origin])
        for sealed in frames.reversed() where sealed.header.signal != .slots {
            rebuilder.add(try Frame(sealed.bytes.raw), try sealed.frame.payload(sealed.bytes.raw))
        }
        let found = rebuilder.missing().flatMap(\.slots)
        #expect(!expected.isEmpty)
        #expect(Self.described(found) == Self.described(expected))
    }

    @Test func `each edge has windows of its own that were open`() throws {
        var frames: [SealedFrame] = []
        var expected: [Slot] = []
        var origins: [RunID: WindowRebuilder.Origin] = [:]
        // Their clocks are minutes apart.
        for (number, began) in [(UInt64(1), 0.0), (2, 200), (3, 500)] {
            let run = RunID(high: number, low: number)
            var edge = Edge(options: EdgeOptions(), run: run, at: .seconds(began))
            var maker = RandomMessages(seed: number)
            for round in 0..<4 {
                let now = ClusterTime.seconds(began + Double(round) * 10)
                _ = try edge.takeTraces(try maker.traces(spans: 3).serializedBytes(), at: now)
                _ = try edge.takeMetrics(Self.request([.sum(2, .delta)]), at: now)
            }
            edge.finish(at: .seconds(began + 39))
            let from = Window(at: .seconds(began + 20)).start
            let cut = edge.cut()
            frames += cut.filter { $0.header.signal != .slots }
            expected += try SealedContent.slots(cut).filter { $0.start >= from.nanoseconds }
            origins[run] = .init(started: .seconds(began), completeFrom: .seconds(0), from: from)
        }
        var rebuilder = WindowRebuilder(options: EdgeOptions(), origins: origins)
        for sealed in frames {
            rebuilder.add(try Frame(sealed.bytes.raw), try sealed.frame.payload(sealed.bytes.raw))
        }
        let missing = rebuilder.missing()
        #expect(missing.map(\.run) == origins.keys.sorted() && rebuilder.droppedMetrics == 0)
        #expect(Self.described(missing.flatMap(\.slots)) == Self.described(expected))
    }

    @Test func `points that find no room are the oldest, and no later one counts for them`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        var frames: [SealedFrame] = []
        for round in 0..<200 {
            let now = Double(round) / 4
            let metrics: [OTLPMetric] = [
                .sum(now + 1, start: 0.125, time: now + 0.2), .sum(1, .delta, label: "d"),
            ]
            _ = try edge.takeMetrics(Self.request(metrics), at: .seconds(now + 0.25))
            frames += edge.cut().filter { $0.header.signal == .points }
        }
        let origin = WindowRebuilder.Origin(started: .seconds(0), completeFrom: .seconds(0))
        var random = SplitMix64(seed: 1)
        for (number, frames) in [frames, frames.reversed(), frames.shuffled(using: &random)].enumerated() {
            var rebuilder = WindowRebuilder(
                options: EdgeOptions(),
                origins: [.test: origin],
                pointBytesMax: 40_000
            )
            for sealed in frames {
                rebuilder.add(try Frame(sealed.bytes.raw), try sealed.frame.payload(sealed.bytes.raw))
            }
            let kept = 400 - rebuilder.droppedMetrics
            let slots = rebuilder.missing().flatMap(\.slots)
            // Each pair stands for 1 and 0.25; of the cumulative stream the first one known says nothing.
            let sums = Dictionary(grouping: slots, by: { $0.series.attributes }).mapValues { slots in
                slots.reduce(0) { $0 + $1.value.nanoSum }
            }
            #expect((20...200).contains(kept) && kept % 2 == 0, "\(number)")
            #expect(
                sums.values.sorted() == [
                    Int128(kept / 2 - 1) * 250_000_000, Int128(kept / 2) * 1_000_000_000,
                ],
                "\(number)"
            )
        }
    }

    private static func request(_ metrics: [OTLPMetric]) throws -> [UInt8] {
        var request = OTLPMetricsData()
        request.resourceMetrics = [.with { $0.scopeMetrics = [.with { $0.metrics = metrics }] }]
        return try request.serializedBytes()
    }

    /// Random spans of model calls, with cached tokens inside the input or apart from it.
    private static func modelCalls(_ maker: inout RandomMessages) throws -> [UInt8] {
        var request = try maker.traces(spans: 4)
        for group in request.resourceSpans.indices {
            for scope in request.resourceSpans[group].scopeSpans.indices {
                for span in request.resourceSpans[group].scopeSpans[scope].spans.indices {
                    for key in ["input_tokens", "cache_read.input_tokens", "output_tokens"] {
                        var pair = OTLPKeyValue()
                        pair.key = "gen_ai.usage." + key
                        pair.value.intValue = Int64(maker.random.below(1000))
                        request.resourceSpans[group].scopeSpans[scope].spans[span].attributes.append(pair)
                    }
                }
            }
        }
        return try request.serializedBytes()
    }

    private static func described(_ slots: [Slot]) -> [String] {
        slots.map { "\($0.start) \($0.series) \($0.part) \($0.isEstimated) \($0.value)" }.sorted()
    }
}
