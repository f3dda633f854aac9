internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

/// The membership machine with its connections and timers; belongs to its event loop.
final class MembershipCore {
    /// A control connection to a member, whoever opened it.
    struct Link {
        var handle: PeerHandle
        /// Whether the member whose name comes first opened it: of two connections between a pair that one stays.
        var isPreferred: Bool
        var run: RunID
    }

    /// What is said to a member while a connection to it is being opened.
    struct Dialing {
        var link: PeerLink
        var waiting: [[UInt8]] = []
    }

    let loop: any EventLoop
    let local: LocalPeer
    let dialer: PeerDialer
    let seeds: [String]
    let duties: MembershipLoop.Duties
    let logger: Logger
    let started = NIODeadline.now()
    var machine: Membership
    var links: [NodeID: Link] = [:]
    var dialing: [NodeID: Dialing] = [:]
    /// Addresses that are being dialed without knowing whose they are.
    var dialingSeeds: [String: PeerLink] = [:]
    /// Failures in a row, and when a member may be dialed again.
    var patience: [NodeID: (failures: Int, until: NIODeadline)] = [:]
    /// When seeds were called, and who was found there.
    var book = SeedBook()
    /// Who is being greeted at an address of a seed.
    var greeting: [String: NodeID] = [:]
    /// Open connections that this side dialed, with the connection's identity.
    var open: [ObjectIdentifier: (link: PeerLink, connection: ObjectIdentifier)] = [:]
    /// What refused this process, and when it was told last.
    var reported: [String: (reason: String, at: NIODeadline)] = [:]
    var publish: (MembershipLoop.Published) -> Void = { _ in }
    private var timer: Scheduled<Void>?
    private(set) var isClosed = false
    private var hasMetClock = false
    private var duplicateSince: NIODeadline?
    private var keptEpoch: UInt64
    private var keepEpochAt = Duration.zero
    private var keepEpochTries = 0
    private static let keepEpochTriesMax = 10

    init(
        loop: any EventLoop,
        local: LocalPeer,
        record: MemberRecord,
        seeds: [String],
        options: MembershipOptions,
        seed: UInt64,
        dialer: PeerDialer,
        duties: MembershipLoop.Duties,
        logger: Logger
    ) {
        self.loop = loop
        self.local = local
        self.seeds = seeds
        self.dialer = dialer
        self.duties = duties
        self.logger = logger
        self.keptEpoch = record.epoch
        self.machine = Membership(
            record,
            placement: local.placement ?? .standard,
            options: options,
            seed: seed,
            at: .zero
        )
    }

    var now: Duration { .nanoseconds((NIODeadline.now() - self.started).nanoseconds) }

    func start() {
        self.tell()
        self.meetSeeds()
        self.schedule()
        let core = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { task in
            guard !core.value.isClosed else { return task.cancel() }
            core.value.connectAll()
        }
    }

    /// Passes an input to the machine and performs what it asks for.
    func input(_ body: (inout Membership, Duration) -> [Membership.Effect]) {
        guard !self.isClosed else { return }
        let effects = body(&self.machine, self.now)
        let wasSilent = self.isSilent
        self.keepEpoch()
        // What was not told while the epoch was not kept is told then.
        var isChanged = wasSilent && !self.isSilent
        if isChanged {
            let message = MembershipMessage.sync(self.machine.records, isReply: false)
            for node in self.links.keys.sorted() { for part in message.parts { self.send(part, to: node) } }
        }
        for effect in effects {
            switch effect {
            case .send(let message, let node):
                for part in message.parts where !self.isSilent { self.send(part, to: node) }
            case .changed(let record, let old):
                isChanged = true
                self.log(record, old)
            case .renewed: isChanged = true
            case .placement(let parameters):
                isChanged = true
                self.place(by: parameters)
            case .clash(let record):
                self.duties.stop(
                    "another process lives under the name \(record.node), at \(record.address); give each node a "
                        + "name and a data directory of its own"
                )
            }
        }
        if isChanged { self.tell() }
        self.schedule()
    }

    /// A new epoch is on disk before anybody hears of it.
    ///
    /// Where it cannot be kept, nothing is said to anybody: after a restart another life would have the same epoch. After
    /// some tries, half a second apart, the process stops.
    private func keepEpoch() {
        let epoch = self.machine.local.epoch
        guard epoch > self.keptEpoch, self.now >= self.keepEpochAt else { return }
        do {
            try self.duties.keepEpoch(epoch)
            self.keptEpoch = epoch
        } catch {
            self.keepEpochAt = self.now + .milliseconds(500)
            self.keepEpochTries += 1
            let metadata: Logger.Metadata = ["epoch": "\(epoch)", "reason": "\(error)"]
            self.logger.error(
                "the boot epoch could not be kept; nothing is said until it is",
                metadata: metadata
            )
            guard self.keepEpochTries == Self.keepEpochTriesMax else { return }
            self.duties.stop("the boot epoch \(epoch) cannot be kept on disk: \(error)")
        }
    }

    /// Whether nothing may be said, because the epoch is not on disk.
    var isSilent: Bool { self.machine.local.epoch > self.keptEpoch }

    private func place(by parameters: PlacementParameters) {
        self.local.place(by: parameters)
        self.logger.notice(
            "the cluster places by other parameters now",
            metadata: ["parameters": "\(parameters)"]
        )
        do { try self.duties.keepPlacement(parameters) } catch {
            self.logger.error(
                "the placement parameters could not be kept; they are learned again after a restart",
                metadata: ["reason": "\(error)"]
            )
        }
    }

    func close() {
        guard !self.isClosed else { return }
        self.input { machine, now in machine.left(at: now) }
        self.isClosed = true
        self.timer?.cancel()
        for link in self.links.values { link.handle.perform { $0.close("leaving") } }
        for dialing in self.dialing.values { dialing.link.close("leaving") }
        for link in self.dialingSeeds.values { link.close("leaving") }
    }

    private func tell() {
        guard !self.isSilent else { return }
        let view = ClusterView(self.machine.records, self.machine.placement)
        self.publishAll(view)
        self.duties.viewChanged(view)
    }

    private func publishAll(_ view: ClusterView) {
        guard !self.isSilent else { return }
        self.publish(
            MembershipLoop.Published(
                view: view,
                local: self.machine.local,
                sickness: self.machine.sickness,
                runs: self.links.mapValues(\.run)
            )
        )
    }

    private func schedule() {
        self.timer?.cancel()
        guard !self.isClosed else { return }
        let core = NIOLoopBound(self, eventLoop: self.loop)
        let at = self.started + .nanoseconds(self.machine.deadline.nanosecondCount)
        self.timer = self.loop.scheduleTask(deadline: at) {
            core.value.input { machine, now in machine.tick(at: now) }
        }
    }

    private func log(_ record: MemberRecord, _ old: MemberStatus?) {
        let metadata: Logger.Metadata = [
            "node": "\(record.node)", "status": "\(record.status)",
            "before": "\(old.map { "\($0)" } ?? "unknown")",
            "address": "\(record.address)", "epoch": "\(record.epoch)",
            "incarnation": "\(record.incarnation)",
        ]
        let isTrouble = record.status == .dead || record.status == .suspect
        self.logger.log(level: isTrouble ? .warning : .info, "a member changed", metadata: metadata)
    }

    // MARK: - What connections say

    func accepted(_ handle: PeerHandle, _ hello: Hello) {
        guard let record = hello.record, !self.isClosed else {
            return handle.perform { $0.close("expected a member's record") }
        }
        let link = Link(
            handle: handle,
            isPreferred: record.node < self.machine.local.node,
            run: hello.greeting.run
        )
        self.stand(link, record, known: nil)
    }

    func received(_ bytes: [UInt8], from node: NodeID) {
        do throws(WireFailure) {
            let message = try MembershipMessage(bytes.raw)
            self.input { machine, now in machine.receive(message, from: node, at: now) }
        } catch {
            self.logger.warning(
                "a membership message cannot be read",
                metadata: ["node": "\(node)", "reason": "\(error)"]
            )
            self.links[node]?.handle.perform { $0.close("malformed membership message") }
        }
    }

    func lost(_ id: ObjectIdentifier, of node: NodeID) {
        guard self.links[node]?.handle.id == id else { return }
        self.links[node] = nil
        self.publishAll(ClusterView(self.machine.records, self.machine.placement))
        self.input { machine, now in machine.connectionLost(to: node, at: now) }
    }

    /// Takes a connection into use, or closes it where a better one to the same member stands.
    func stand(_ link: Link, _ record: MemberRecord, known: MemberRecord?) {
        let node = record.node
        if let old = self.links[node] {
            if old.run == link.run, old.isPreferred, !link.isPreferred {
                return link.handle.perform { $0.close("one connection between a pair is enough") }
            }
            old.handle.perform { $0.close("replaced by another connection between the pair") }
        }
        self.links[node] = link
        self.publishAll(ClusterView(self.machine.records, self.machine.placement))
        self.patience[node] = nil
        self.duplicateSince = nil
        self.input { machine, now in machine.connected(to: record, knowing: known, at: now) }
    }

    func meet(_ clock: ClusterTime) {
        guard !self.hasMetClock else { return }
        self.hasMetClock = true
        self.duties.metClock(
            Int64(clamping: clock.nanoseconds) - Int64(clamping: self.local.now().nanoseconds)
        )
    }

    /// Another process has this name; after a while it is not an earlier one of ours that is being found dead.
    func noteDuplicate(_ message: String) {
        let since = self.duplicateSince ?? .now()
        self.duplicateSince = since
        guard NIODeadline.now() - since > .seconds(20) else { return }
        self.duties.stop("\(message); give each node a name and a data directory of its own")
    }
}

extension Duration {
    /// Whole nanoseconds; far times stop at the end of what fits.
    var nanosecondCount: Int64 {
        let (seconds, attoseconds) = self.components
        guard seconds < 9_000_000_000 else { return 9_000_000_000_000_000_000 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
