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

    private static func described(_ slots: [Slot]) -> [String] {
        slots.map { "\($0.start) \($0.series) \($0.part) \($0.isEstimated) \($0.value)" }.sorted()
    }
}
