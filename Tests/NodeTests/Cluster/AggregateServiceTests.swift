import Cluster
import DiskStorage
import Logging
import PeerTransport
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Node

@Suite struct AggregateServiceTests {
    private static let local = NodeID(number: 1)
    private static let series = Series("m", unit: "1", kind: .counter, subject: .service("s"))

    private let folder: TemporaryFolder

    init() throws { self.folder = try TemporaryFolder() }

    /// Of this node alone; one that left owns nothing.
    private static func view(_ status: MemberStatus) -> ClusterView {
        ClusterView([MemberRecord(node: self.local, epoch: 1, run: 1, status: status)], .standard)
    }

    private static func service(_ test: NodeStore) -> AggregateService {
        AggregateService(
            of: test.store,
            seed: 1,
            collector: CollectorBox(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func `a view that changes while totals begin is the one that counts`() async throws {
        let test = try NodeStore(self.folder)
        let slots = TestEdge().slots([(Self.series, .counter(nano: 5))], at: test.time.now)
        await test.append(slots.map { Arrival($0, .first) })
        test.time.advance(seconds: 20)
        let service = Self.service(test)
        // It changes after it was asked for and before it is applied.
        let present = Mutex(Self.view(.left))
        service.begin(as: Self.local) {
            let view = present.withLock { $0 }
            if view == Self.view(.left) {
                present.withLock { $0 = Self.view(.alive) }
                service.viewChanged(Self.view(.alive), local: Self.local)
            }
            return view
        }
        #expect(service.latest([])?.lines.map(\.value) == [.counter(nano: 5)])
        await test.store.close()
    }

    @Test func `slots under a name that was taken are told under the name that they have here`() async throws
    {
        let test = try NodeStore(self.folder)
        let kept = Mutex<[SealedFrame]>([])
        let log = StoreLog(store: test.store, totals: RunningTotals()) { frame in
            kept.withLock { $0.append(frame) }
        }
        let frames = [3, 4].flatMap {
            TestEdge().slots([(Self.series, .counter(nano: $0))], at: test.time.now)
        }
        #expect(frames.count == 2 && frames[0].header.id == frames[1].header.id)
        var outcomes: [LogOutcome] = []
        for frame in frames + frames {
            let outcome = await withCheckedContinuation { continuation in
                log.keep(frame, isCopy: false, floor: 0) { continuation.resume(returning: $0) }
            }
            outcomes.append(outcome)
        }
        #expect(outcomes == [.kept, .clash, .known, .known])
        let names = kept.withLock { $0.map(\.header.id) }
        #expect(names == [frames[0].header.id, frames[1].clashName])
        // As a start would find them.
        var stored: Set<FrameID> = []
        test.store.forEachSlotFrame(since: TestEdge.epoch) { frame, _ in
            for index in frame.entries.indices { stored.insert(frame.chunkName(ofEntry: index).id.frame) }
        }
        #expect(stored == Set(names))
        await test.store.close()
    }
}
