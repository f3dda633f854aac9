internal import Cluster
internal import DiskStorage
internal import Logging
internal import NIOPosix
internal import PeerTransport
internal import ServiceLifecycle
internal import Storage
internal import Synchronization
internal import Telemetry

/// The totals of the whole cluster on this node: makes those of its own partitions from the slots that are stored here, and gossips
/// with the other nodes.
final class AggregateService: Service, Sendable {
    /// An answer is waited for so long.
    private static let timeoutSeconds: Int64 = 3

    /// Nil until the node knows the cluster's time: its table takes no window back that it has once left behind.
    private let machine = Mutex<AggregateGossip?>(nil)
    private let store: SegmentStore
    private let seed: UInt64
    private let now: @Sendable () -> ClusterTime
    private let collector: CollectorBox
    private let logger: Logger

    /// Totals of nothing before ``begin(_:local:)``.
    init(of store: SegmentStore, seed: UInt64, collector: CollectorBox, logger: Logger) {
        self.store = store
        self.seed = seed
        self.now = store.now
        self.collector = collector
        self.logger = logger
    }

    /// The cluster's time is known: begins with what is stored of the windows that are still told.
    ///
    /// - Parameters:
    ///   - local: This node.
    ///   - view: Gives the present view; changed ones are told meanwhile, on another thread.
    func begin(as local: NodeID, _ view: () -> ClusterView) {
        let now = self.now()
        self.machine.withLock { $0 = AggregateGossip(seed: self.seed, at: now) }
        var applied: ClusterView?
        // One that changed before there was a machine was lost; one that changed since then was overwritten.
        while true {
            let present = view()
            if present == applied { break }
            self.viewChanged(present, local: local)
            applied = present
        }
        let horizon = Int64(clamping: AggregateTable.Limits().windows * Window.nanoseconds)
        // What is kept meanwhile comes twice, and counts once.
        self.store.forEachSlotFrame(since: now.advanced(byNanoseconds: -horizon)) { self.add($0, $1) }
    }

    // MARK: - What is stored

    /// A frame of slots was kept here; its chunks are added, on another thread.
    func kept(_ frame: SealedFrame) {
        guard frame.header.signal == .slots, !frame.header.flags.contains(.journal) else { return }
        NIOThreadPool.singleton.submit { _ in
            guard let payload = try? frame.frame.payload(frame.bytes.raw) else { return }
            self.add(frame.frame, payload)
        }
    }

    private func add(_ frame: Frame, _ payload: FramePayload) {
        let now = self.now()
        for (index, entry) in frame.entries.enumerated() where !entry.flags.contains(.rolledUp) {
            guard let slots = try? Self.slots(of: entry, payload) else { continue }
            self.machine.withLock { $0?.add(frame.chunkName(ofEntry: index).id, slots, at: now) }
        }
    }

    private static func slots(
        of entry: ChunkEntry,
        _ payload: FramePayload
    ) throws(WireFailure) -> [Slot] {
        var slots: [Slot] = []
        try payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
            var reader = WireReader(payload.bytes.raw, range)
            slots.append(try Slot(from: &reader))
        }
        return slots
    }

    // MARK: - What is known

    /// What happened so far, what was refused, and how many totals are known.
    var figures: (counts: AggregateGossip.Counts, refused: [AggregateRefusal: UInt64], windows: Int) {
        self.machine.withLock { machine in
            (machine?.counts ?? .init(), machine?.table.refused ?? [:], machine?.table.windows.count ?? 0)
        }
    }

    /// The totals of the latest window that ended so long ago that its slots should be in; nil where nothing is known.
    func latest(_ names: Set<String>) -> WindowTotals? {
        let open = WindowTotals.firstOpen(at: self.now())
        let found = self.machine.withLock { $0?.table.latest(before: open) }
        return found.map { window, entries in
            let wanted = entries.filter { names.isEmpty || names.contains($0.series.name) }
            return WindowTotals(window: window, lines: wanted.map { WindowTotals.Line($0) })
        }
    }

    // MARK: - Gossip

    /// Who answers, and who owns what, may be others than before.
    func viewChanged(_ view: ClusterView, local: NodeID) {
        let placement = Placement(view.records, view.parameters)
        let peers = view.available.map(\.node).filter { $0 != local }
        let now = self.now()
        self.machine.withLock { machine in
            machine?.viewChanged(peers: peers, isOwned: { placement.isOwner(local, of: $0) }, at: now)
        }
    }

    /// Another node asks.
    ///
    /// - Throws: `QuestionFailure` where the question makes no sense.
    func answer(_ question: [UInt8]) throws -> [UInt8] {
        let now = self.now()
        guard let answer = self.machine.withLock({ $0?.asked(question, at: now) }) else {
            throw QuestionFailure("expected a question about totals, at a node that is ready")
        }
        return answer
    }

    /// Gossips until a graceful shutdown.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let now = self.now()
                let deadline = self.machine.withLock { $0?.deadline } ?? now
                let wait = deadline.nanoseconds - min(now.nanoseconds, deadline.nanoseconds)
                // At least some time, lest a clock that stands still keep a core busy.
                await cancelWhenGracefulShutdown {
                    try? await Task.sleep(for: .nanoseconds(Int64(clamping: max(wait, 20_000_000))))
                }
                let time = self.now()
                for effect in self.machine.withLock({ $0?.tick(at: time) }) ?? [] {
                    group.addTask { await self.perform(effect) }
                }
            }
        }
    }

    /// Asks, and asks on: an exchange takes two questions at most.
    private func perform(_ effect: AggregateGossip.Effect) async {
        var next: AggregateGossip.Effect? = effect
        while case .ask(let node, let question)? = next {
            next = nil
            do {
                guard let collector = self.collector.value else { return }
                let answer = try await collector.ask(question, of: node, within: Self.timeoutSeconds)
                let now = self.now()
                next = self.machine.withLock { $0?.answered(by: node, answer, at: now) }?.first
            } catch {
                let now = self.now()
                self.machine.withLock { $0?.unanswered(by: node, at: now) }
                self.logger.debug(
                    "a collector did not answer about totals",
                    metadata: ["node": "\(node)", "reason": "\(error)"]
                )
            }
        }
    }
}

extension WindowTotals.Line {
    fileprivate init(_ entry: AggregateEntry) {
        self.init(
            series: entry.series,
            value: entry.value,
            slotCount: entry.slotCount,
            isEstimated: entry.isEstimated,
            isUnsettled: entry.isUnsettled
        )
    }
}
