import DiskStorage
import PeerTransport
import Pipeline
import Telemetry
import TestSupport
import Testing

@testable import Node

/// What a start finds of the doors of earlier ones.
@Suite struct LostWindowsTests {
    private let folder: TemporaryFolder
    private let test: NodeStore

    init() throws {
        self.folder = try TemporaryFolder()
        self.test = try NodeStore(self.folder)
    }

    /// A door of an earlier start: its frames are other nodes', and journal copies here.
    private struct Door: ~Copyable {
        let line: DoorRunFile.Door
        var edge: Edge
        var now: ClusterTime
        private var span: UInt64 = 0

        init(_ number: UInt64, at started: ClusterTime) {
            let run = RunID(high: number, low: number)
            self.line = DoorRunFile.Door(run: run, started: started)
            self.edge = Edge(options: EdgeOptions(), run: run, at: started)
            self.now = started
        }

        /// Takes a span every five seconds; gives all frames until then.
        mutating func work(seconds: UInt64) throws -> [SealedFrame] {
            for _ in 0..<seconds / 5 {
                self.span += 1
                let spans = [
                    TestSpan(trace: TraceID(high: self.line.run.high, low: self.span), span: self.span)
                ]
                _ = try self.edge.receiveTraces(TestSpan.request(spans).raw, at: self.now)
                self.now = self.now.advanced(byNanoseconds: 5_000_000_000)
            }
            self.edge.tick(at: self.now)
            return self.edge.cut()
        }
    }

    private func journal(_ frames: [SealedFrame]) async {
        await self.test.append(frames.map { Arrival($0.journalCopy, .journal) })
    }

    private func lost(_ doors: [DoorRunFile.Door], ageMax: Duration = .seconds(6 * 3600)) -> LostWindows {
        LostWindows(of: doors, in: self.test.store, EdgeOptions(), FrameTimes(ageMax: ageMax))
    }

    /// Spans that slots count, by run.
    private static func counts(_ lost: LostWindows) -> [RunID: UInt64] {
        var counts: [RunID: UInt64] = [:]
        for (run, slots) in lost.slots {
            for case .histogram(let histogram) in slots.map(\.value) {
                counts[run, default: 0] += histogram.count
            }
        }
        return counts
    }

    @Test(arguments: [0, 300, 5 * 3600])
    func `the open window is computed again, however long the process was away`(away: Int64) async throws {
        var door = Door(1, at: TestEdge.epoch)
        let frames = try door.work(seconds: 135)
        await self.journal(frames)
        self.test.time.advance(seconds: 135 + away)
        let lost = self.lost([door.line])
        #expect(Self.counts(lost) == [door.line.run: 1])
        let made = frames.filter { $0.header.signal == .slots }.suffix(7)
        #expect(Set(lost.frames.map(\.header.id)).isSuperset(of: made.map(\.header.id)))
        #expect(lost.givenUp == .init())
        await self.test.store.close()
    }

    @Test func `a door whose clock was ahead hides no later one`() async throws {
        var ahead = Door(1, at: TestEdge.epoch.advanced(byNanoseconds: 180_000_000_000))
        var later = Door(2, at: TestEdge.epoch.advanced(byNanoseconds: 30_000_000_000))
        // Everything of the first one was told; its line is there still.
        var frames = try ahead.work(seconds: 20)
        ahead.edge.finish(at: ahead.now)
        frames += ahead.edge.cut()
        frames += try later.work(seconds: 55)
        await self.journal(frames)
        self.test.time.advance(seconds: 90)
        let lost = self.lost([ahead.line, later.line])
        #expect(Self.counts(lost) == [later.line.run: 1])
        #expect(lost.givenUp == .init())
        await self.test.store.close()
    }

    @Test
    func `where later doors made frames for long, the windows of an earlier one are given up, and counted`()
        async throws
    {
        var early = Door(1, at: TestEdge.epoch)
        var late = Door(2, at: TestEdge.epoch.advanced(byNanoseconds: 1_200_000_000_000))
        // Journal copies of the first one are gone; what this node owns is there.
        let spans = try early.work(seconds: 55).filter { $0.header.signal == .spans }
        await self.test.append(spans.map { Arrival($0, .first) })
        await self.journal(try late.work(seconds: 15))
        self.test.time.advance(seconds: 1300)
        let lost = self.lost([early.line, late.line])
        #expect(Self.counts(lost) == [late.line.run: 1])
        #expect(lost.givenUp == .init(doors: 1) && lost.runs == [late.line.run])
        await self.test.store.close()
    }

    @Test func `windows older than what anybody takes are given up`() async throws {
        var door = Door(1, at: TestEdge.epoch)
        await self.journal(try door.work(seconds: 15))
        self.test.time.advance(seconds: 100)
        let lost = self.lost([door.line], ageMax: .seconds(60))
        #expect(lost.slots.isEmpty && lost.frames.isEmpty && lost.runs.isEmpty)
        #expect(lost.givenUp == .init(doors: 1))
        #expect(
            self.lost([]).givenUp == .init() && self.lost([Door(7, at: TestEdge.epoch).line]).runs.isEmpty
        )
        await self.test.store.close()
    }

    @Test(arguments: [0, 1, 2])
    func `a crash while it is told leaves the same frames, each told once`(journaled: Int) async throws {
        var door = Door(1, at: TestEdge.epoch)
        var frames = try door.work(seconds: 15)
        let logs = TestLog.request([TestLog(trace: TraceID(high: 1, low: 1))])
        _ = try door.edge.receiveLogs(logs.raw, at: door.now)
        frames += door.edge.cut()
        await self.journal(frames)
        self.test.time.advance(seconds: 20)
        // What a start makes of it, of which so many frames are on the disk when it crashes.
        func told(_ lost: LostWindows, by number: UInt64) -> [SealedFrame] {
            var edge = Edge(options: EdgeOptions(), run: RunID(high: 9, low: number), at: self.test.time.now)
            for (run, slots) in lost.slots { edge.recover(slots, of: run, at: self.test.time.now) }
            return edge.cut()
        }
        let first = told(self.lost([door.line]), by: 1)
        await self.journal(Array(first.prefix(journaled)))
        self.test.time.advance(seconds: 200)
        let lost = self.lost([door.line])
        let again = told(lost, by: 2) + lost.frames.filter(\.header.id.isRecovered)
        #expect(Set(again.map(\.header.id)) == Set(first.map(\.header.id)))
        #expect(Set(again.map(\.header.contentChecksum)) == Set(first.map(\.header.contentChecksum)))
        #expect(again.count == first.count && !first.isEmpty)
        await self.test.store.close()
    }

    @Test func `a process without a cluster looks for the points of a stream in the ten minutes before`()
        async throws
    {
        var edge = Edge(options: EdgeOptions(), run: RunID(high: 1, low: 1), at: TestEdge.epoch)
        var frames: [SealedFrame] = []
        for minute in 0..<4 {
            let now = TestEdge.epoch.advanced(byNanoseconds: Int64(minute) * 60_000_000_000)
            let sum = TestSum(
                total: Int64(10 + minute * 5),
                start: TestEdge.epoch.nanoseconds - 1,
                time: now.nanoseconds
            )
            _ = try edge.receiveMetrics(sum.request.raw, at: now)
            frames += edge.cut()
        }
        await self.test.append(frames.map { Arrival($0, .fresh) })
        let lost = LostWindows(of: self.test.store, EdgeOptions())
        #expect(lost.slots.flatMap(\.slots).map(\.value) == [.counter(nano: 5_000_000_000)])
        await self.test.store.close()
    }
}
