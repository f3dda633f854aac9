import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// Edges whose frames a spool gathers.
@Suite struct EdgePartTests {
    private static let groups = PartitionGroups { $0 % 3 }

    private static func edge(_ limit: Int, share: Double = 1) -> Edge {
        var options = EdgeOptions(sampler: HeadSampler(share: share))
        options.partBytesMax = limit
        var edge = Edge(options: options, run: .test, at: .seconds(0))
        edge.groups = Self.groups
        return edge
    }

    private static func spans(_ count: Int) -> [UInt8] {
        var random = SplitMix64(seed: 1)
        return TestSpan.request(
            (0..<count).map {
                TestSpan(trace: TraceID(high: random.next(), low: random.next() | 1), span: UInt64($0) + 1)
            }
        )
    }

    private static func groups(of frame: SealedFrame) -> Set<UInt16> {
        Set(frame.frame.entries.map { Self.groups.group(of: $0.key) })
    }

    @Test func `few bytes for each group are one part over all groups, more are frames by groups`() throws {
        var edge = Self.edge(2_000)
        var kinds: Set<Bool> = []
        for count in stride(from: 5, to: 150, by: 5) {
            _ = try edge.takeTraces(Self.spans(count), at: .seconds(1))
            let isSmall = edge.stagedBytes < 3 * 2_000
            let frames = edge.cut()
            let isPart = frames.map { $0.header.flags.contains(.part) }
            #expect(isPart == (isSmall ? [true] : [false, false, false]), "\(count) spans")
            #expect(try SealedContent(frames).items.count == count)
            #expect(isSmall || frames.allSatisfy { Self.groups(of: $0).count == 1 })
            kinds.insert(isSmall)
        }
        #expect(kinds.count == 2)
    }

    @Test func `an edge that nobody gathers for cuts no parts`() throws {
        var edge = Self.edge(EdgeOptions().partBytesMax)
        _ = try edge.takeTraces(Self.spans(1), at: .seconds(1))
        #expect(edge.cut().allSatisfy { !$0.header.flags.contains(.part) })
    }

    @Test func `each signal is looked at by itself`() throws {
        var edge = Self.edge(2_000)
        _ = try edge.takeTraces(Self.spans(200), at: .seconds(1))
        let record = TestLog.request([TestLog(trace: nil)])
        _ = try edge.takeLogs(record, at: .seconds(1))
        let frames = edge.cut()
        #expect(frames.map { $0.header.flags.contains(.part) } == [false, false, false, true])
        #expect(frames.last?.header.signal == .logs)
    }

    @Test func `slots and journal frames are never parts`() throws {
        var edge = Self.edge(1 << 20, share: 0)
        _ = try edge.takeTraces(Self.spans(20), at: .seconds(1))
        edge.finish(at: .seconds(2))
        let slot = Slot(
            series: Series("n", unit: "1", kind: .counter, subject: .service("a")),
            start: 0,
            part: 0,
            isEstimated: false,
            value: .counter(nano: 1)
        )
        edge.recover([slot], of: RunID(high: 1, low: 1), at: .seconds(3))
        let frames = edge.cut()
        #expect(Set(frames.map(\.header.signal)) == [.spans, .slots])
        #expect(frames.allSatisfy { !$0.header.flags.contains(.part) })
        #expect(
            frames.filter { $0.header.signal == .spans }.allSatisfy { $0.header.flags.contains(.journal) }
        )
    }

    @Test func `accounts close over parts as over other frames`() throws {
        var edge = Self.edge(1 << 20)
        _ = try edge.takeTraces(Self.spans(7), at: .seconds(1))
        let frames = edge.cut()
        for frame in frames { edge.confirm(frame.header) }
        let account = edge.accounts.bySignal[.spans] ?? Account()
        #expect(account.closes && account.out == 7 && account.held == 0)
    }
}
