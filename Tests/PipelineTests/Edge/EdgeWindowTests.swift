import OTLPMessages
import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

@Suite struct EdgeWindowTests {
    @Test func `the slots of a window count what came in during it`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        var random = SplitMix64(seed: 1)
        var maker = RandomMessages(seed: 1)
        var expected: [UInt64: UInt64] = [:]
        var frames: [SealedFrame] = []
        var seconds = 0.0
        for _ in 0..<300 {
            seconds += Double(random.below(200)) / 100
            let spans = try (0..<random.below(4)).map { _ in try maker.span() }
            _ = try edge.takeTraces(EdgeTests.request(spans), at: .seconds(seconds))
            expected[Window(at: .seconds(seconds)).start.nanoseconds, default: 0] += UInt64(spans.count)
            if random.one(in: 3) { frames += edge.cut() }
        }
        edge.finish(at: .seconds(seconds))
        frames += edge.cut()
        let slots = try SealedContent.slots(frames).filter { $0.series.name == MetricName.spanDuration }
        let counts = Dictionary(grouping: slots, by: \.start).mapValues {
            $0.reduce(0) { $0 + $1.value.count }
        }
        #expect(counts == expected.filter { $0.value > 0 })
        #expect(slots.allSatisfy { $0.resolution == .tenSeconds && !$0.isEstimated })
        #expect(edge.accounts.bySignal[.slots]?.received == UInt64(try SealedContent.slots(frames).count))
    }

    @Test func `no frame holds items of two windows`() throws {
        for seed in UInt64(1)...30 {
            var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
            var random = SplitMix64(seed: seed)
            var maker = RandomMessages(seed: seed)
            var frames: [SealedFrame] = []
            var seconds = 0.0
            for _ in 0..<40 {
                seconds += Double(random.below(500)) / 100
                var span = try maker.span()
                span.name = "\(Window(at: .seconds(seconds)).index)"
                _ = try edge.takeTraces(EdgeTests.request([span]), at: .seconds(seconds))
                if random.one(in: 5) { frames += edge.cut() }
            }
            frames += edge.cut()
            for frame in frames where frame.header.signal == .spans {
                let window = Window(at: frame.header.created).index
                for item in try SealedContent([frame]).items {
                    #expect(try OTLPSpan(serializedBytes: item.bytes).name == "\(window)", "seed \(seed)")
                }
            }
            let sequences = frames.map(\.header.id.sequence)
            #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
        }
    }

    @Test func `no two slots of one run share window, series and part`() throws {
        for seed in UInt64(1)...20 {
            var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
            var random = SplitMix64(seed: seed)
            var maker = RandomMessages(seed: seed)
            var frames: [SealedFrame] = []
            var seconds = 0.0
            for _ in 0..<60 {
                seconds += Double(random.below(300)) / 100
                let bytes: [UInt8] = try maker.traces(spans: 3).serializedBytes()
                _ = try edge.takeTraces(bytes, at: .seconds(seconds))
                // A process that ends more than once, with late items in between.
                if random.one(in: 5) { edge.finish(at: .seconds(seconds)) }
                if random.one(in: 4) { frames += edge.cut() }
            }
            edge.finish(at: .seconds(seconds))
            frames += edge.cut()
            let identities = try SealedContent.slots(frames).map { "\($0.series) \($0.start) \($0.part)" }
            #expect(Set(identities).count == identities.count, "seed \(seed)")
        }
    }

    @Test func `slots survive failed writes, what clients can send again does not`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        var maker = RandomMessages(seed: 1)
        _ = try edge.takeTraces(EdgeTests.request([maker.span()]), at: .seconds(1))
        edge.tick(at: .seconds(10))
        var frames = edge.cut()
        #expect(frames.map(\.header.signal) == [.spans, .slots])
        let slots = UInt64(try SealedContent.slots(frames).count)
        for _ in 0..<3 {
            for frame in frames { edge.fail(frame) }
            frames = edge.cut()
            #expect(frames.map(\.header.signal) == [.slots])
        }
        #expect(edge.accounts.bySignal[.spans]?.dropped == [.writeFailed: 1])
        #expect(edge.accounts.bySignal[.slots]?.held == slots)
        edge.confirm(frames[0].header)
        #expect(edge.accounts.bySignal[.slots]?.held == 0 && edge.accounts.bySignal[.slots]?.out == slots)
        #expect(edge.cut().isEmpty)
    }

    @Test func `slots that find no room take no spans with them`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        var maker = RandomMessages(seed: 1)
        var random = SplitMix64(seed: 1)
        for number in 0..<400 {
            let label = MetricLabel("id", (0..<60).map { _ in "\(random.next())" }.joined())
            let series = Series(
                "m\(number)",
                unit: "1",
                kind: .counter,
                subject: .service("a"),
                attributes: [label]
            )
            edge.add(series, .counter(nano: 1), at: .seconds(1))
        }
        edge.tick(at: .seconds(10))
        let slots = edge.cut()
        let bytes = slots.reduce(0) { $0 + $1.bytes.count }
        _ = try edge.takeTraces(EdgeTests.request([maker.span()]), at: .seconds(11))
        // The window closes: spans wait among what is sealed while an earlier commit fails.
        edge.tick(at: .seconds(20))
        for _ in 0...Edge.backlogBytesMax / bytes { for frame in slots { edge.fail(frame) } }
        let cut = edge.cut()
        #expect(cut.filter { $0.header.signal == .spans }.count == 1)
        #expect(edge.accounts.bySignal[.spans]?.dropped == [:])
        #expect(edge.accounts.bySignal[.slots]?.dropped[.backlogFull] ?? 0 > 0)
        let kept = cut.reduce(0) { $0 + ($1.header.signal == .slots ? $1.bytes.count : 0) }
        #expect(kept <= Edge.backlogBytesMax && kept > Edge.backlogBytesMax / 2)
    }

    @Test func `spans that sampling leaves out are counted, and stand only in journal frames`() throws {
        var options = EdgeOptions()
        options.sampler = HeadSampler(share: 0.3)
        var edge = Edge(options: options, run: .test, at: .seconds(0))
        var maker = RandomMessages(seed: 5)
        let spans = try (0..<400).map { _ in try maker.span() }
        _ = try edge.takeTraces(EdgeTests.request(spans), at: .seconds(1))
        edge.finish(at: .seconds(2))
        let frames = edge.cut()
        let journal = try SealedContent(frames.filter { $0.header.flags.contains(.journal) }).items
        let kept = try SealedContent(
            frames.filter { $0.header.signal == .spans && !$0.header.flags.contains(.journal) }
        ).items
        #expect(journal.count + kept.count == 400)
        #expect((80...160).contains(kept.count))
        #expect(
            kept.allSatisfy {
                options.sampler.keeps(TraceID(high: $0.key.high, low: $0.key.low), ProbabilityState())
            }
        )
        #expect(Set(journal.map(\.key)).isDisjoint(with: kept.map(\.key)))
        let counted = try SealedContent.slots(frames).filter { $0.series.name == MetricName.spanDuration }
        #expect(counted.reduce(0) { $0 + $1.value.count } == 400)
        for frame in frames { edge.confirm(frame.header) }
        #expect(edge.accounts.bySignal[.spans]?.out == UInt64(kept.count))
        #expect(edge.accounts.bySignal[.spans]?.dropped == [.sampled: UInt64(journal.count)])
        // The journal can be counted again: its spans carry the resource that names their service.
        #expect(journal.allSatisfy { !$0.resource.isEmpty })
    }

    @Test func `spans of a client that sampled count as often as they stand for`() throws {
        var maker = RandomMessages(seed: 5)
        var span = try maker.span()
        span.name = "sampled"
        span.traceState = "ot=th:c"
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(0))
        _ = try edge.takeTraces(EdgeTests.request([span, maker.span()]), at: .seconds(1))
        edge.finish(at: .seconds(2))
        let slots = try SealedContent.slots(edge.cut()).filter { $0.series.name == MetricName.spanDuration }
        #expect(Set(slots.map { "\($0.value.count) \($0.isEstimated)" }) == ["4 true", "1 false"])
    }

    @Test func `recovered slots keep their origin, window and part, and the same ones make the same frames`()
        throws
    {
        let series = ["a", "b", "c"].map { Series("m", unit: "1", kind: .counter, subject: .service($0)) }
        let slots = (0..<9).map { number in
            Slot(
                series: series[number % 3],
                start: ClusterTime.seconds(20).nanoseconds,
                part: UInt32(number),
                isEstimated: number == 2,
                value: .counter(nano: Int128(number))
            )
        }
        let origin = RunID(high: 5, low: 5)
        var frames: [[SealedFrame]] = []
        // Another process, at another time, that owns other groups, and finds them in another order.
        for (seconds, slots) in [(100.0, slots), (900.0, slots.reversed()), (5000.0, slots)] {
            var edge = Edge(
                options: EdgeOptions(),
                run: RunID(high: 6, low: UInt64(seconds)),
                at: .seconds(seconds)
            )
            if seconds == 900 { edge.groups = PartitionGroups(by: { $0 % 7 }) }
            edge.add(series[0], .counter(nano: 1), at: .seconds(seconds + 1))
            let names = edge.recover(slots, of: origin, at: .seconds(seconds + 1))
            #expect(
                edge.accounts.bySignal[.slots]?.recovered == 9 && edge.accounts.bySignal[.slots]?.held == 9
            )
            let cut = edge.cut()
            #expect(cut.map(\.header.id) == names && Set(names).count == 3)
            #expect(cut.allSatisfy { $0.header.id.run == origin && $0.header.id.sequence >> 63 == 1 })
            for frame in cut { edge.confirm(frame.header) }
            #expect(
                edge.accounts.bySignal[.slots]?.out == 9 && edge.accounts.bySignal[.slots]?.closes == true
            )
            frames.append(cut)
        }
        // Their journal copies tell the very same frames.
        #expect(
            frames.joined().allSatisfy {
                $0.journalCopy.original.bytes == $0.bytes && $0.journalCopy.bytes != $0.bytes
            }
        )
        let found = try SealedContent.slots(frames[0])
        #expect(found.sorted { $0.part < $1.part } == slots)
        #expect(frames[0].map(\.bytes) == frames[1].map(\.bytes))
        // Their window is long past: they are made now, so that they are taken.
        #expect(frames[2].allSatisfy { $0.header.created == .seconds(5001) })
        #expect(Set(frames[2].map(\.header.id)).isDisjoint(with: frames[0].map(\.header.id)))
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(100))
        #expect(
            edge.recover(Array(slots.dropFirst()), of: origin, at: .seconds(101))
                != frames[0].map(\.header.id)
        )
    }

    @Test func `time that steps back changes nothing, and time may jump`() throws {
        var edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(50))
        let series = Series("m", unit: "1", kind: .counter, subject: .service("a"))
        edge.add(series, .counter(nano: 1), at: .seconds(10))
        edge.tick(at: .seconds(0))
        #expect(edge.deadline == .seconds(60))
        edge.add(series, .counter(nano: 2), at: .seconds(59.9))
        edge.add(series, .counter(nano: 4), at: ClusterTime(nanoseconds: .max))
        edge.finish(at: .seconds(0))
        let slots = try SealedContent.slots(edge.cut())
        #expect(slots.map(\.value) == [.counter(nano: 3), .counter(nano: 4)])
        #expect(slots[0].start == ClusterTime.seconds(50).nanoseconds)
    }

    @Test func `many services become the limit and an overflow`() throws {
        var options = EdgeOptions()
        options.limits = SeriesLimits(seriesMax: 20_000, seriesPerServiceMax: 500, servicesMax: 50)
        var edge = Edge(options: options, run: .test, at: .seconds(0))
        var maker = RandomMessages(seed: 1)
        let span = try maker.span()
        for window in 0..<2 {
            for number in 0..<10_000 {
                let bytes = try EdgeTests.request([span], service: "service \(number)")
                _ = try edge.takeTraces(bytes, at: .seconds(Double(window * 10 + 1)))
            }
        }
        edge.finish(at: .seconds(20))
        let slots = try SealedContent.slots(edge.cut()).filter { $0.series.name == MetricName.spanDuration }
        for (_, ofWindow) in Dictionary(grouping: slots, by: \.start) {
            #expect(ofWindow.count == 50)
            #expect(ofWindow.reduce(0) { $0 + $1.value.count } == 10_000)
            #expect(ofWindow.contains { $0.series.subject == .service(OverflowName.text) })
        }
    }
}
