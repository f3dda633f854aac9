internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

/// Who waits for what becomes of a frame.
enum WriteReply {
    /// A peer, over the connection it asked on.
    case peer(PeerConnection, request: UInt64)
    /// The own door.
    case door(DoorFrame)
}

/// The write path of a collector with its connections and its disk; belongs to the peers' event loop.
final class WriteCore: NodeLinksUser {
    /// A frame on its way to another collector, which is to take it first-hand.
    struct Forward {
        var frame: SealedFrame
        var floor: UInt64
        var node: NodeID
        var reply: WriteReply
        var began: NIODeadline
    }

    /// A frame that the write path still needs.
    struct Held {
        var frame: SealedFrame
        var floor: UInt64
        /// Whether the own log has it.
        var isLogged = false
    }

    /// A frame that is owed to others: where it is on the own disk, and which one under its name it is.
    struct Owed {
        var key: Key
        var checksum: UInt64
    }

    /// A copy that is out.
    struct Copying {
        var id: FrameID
        var node: NodeID
        var checksum: UInt64
    }

    let loop: any EventLoop
    let local: LocalPeer
    let log: any FrameLog
    let logger: Logger
    let times: FrameTimes
    /// What another collector does not answer for so long is taken here.
    private let forwardTimeout: TimeAmount
    let tally: WriteTally
    let copies: NodeLinks
    let data: NodeLinks
    let questions: Questions
    /// Asks for credentials that other collectors have; nil where the process shares none.
    private(set) var fetcher: CredentialFetcher?
    /// Compares what is held with the other collectors.
    private(set) var repair: RepairLoop?
    let memory: PeerMemory
    private let started = NIODeadline.now()
    var replication: Replication?
    var view: ClusterView?
    var held: [FrameID: Held] = [:]
    var replies: [Replication.Sender: WriteReply] = [:]
    /// Senders by the connection they ask on.
    var senders: [ObjectIdentifier: Set<Replication.Sender>] = [:]
    /// Frames that are owed to others, and some that are not any more.
    var owed: [FrameID: Owed] = [:]
    /// Copies that are out, by their request.
    var copying: [UInt64: Copying] = [:]
    /// When it was told last that debts were forgotten.
    var toldForgotten: NIODeadline?
    var forwarding: [UInt64: Forward] = [:]
    /// Bytes of copies that wait for the disk.
    var copyBytes = 0
    /// When forwards are looked through next; nil while there are none.
    private var forwardsDue: NIODeadline?
    private var lastNumber: UInt64 = 0
    private var timer: Scheduled<Void>?
    private var isClosed = false

    init(
        loop: any EventLoop,
        local: LocalPeer,
        dialer: PeerDialer,
        options: Collector.Options,
        duties: Collector.Duties,
        tally: WriteTally,
        peers: PeerTally,
        logger: Logger
    ) {
        self.loop = loop
        self.local = local
        self.log = duties.log
        self.times = options.times
        self.forwardTimeout = options.forwardTimeout
        self.memory = PeerMemory(limits: options.memory, tally: peers)
        self.tally = tally
        self.logger = logger
        self.copies = NodeLinks(.replica, on: loop, local: local, dialer: dialer, logger: logger)
        self.data = NodeLinks(.data, on: loop, local: local, dialer: dialer, logger: logger)
        self.questions = Questions(loop: loop, links: self.data, memory: self.memory)
        self.copies.user = self
        self.data.user = self
        self.fetcher = duties.credentials.map { self.fetcher(for: $0) }
        self.repair = duties.repair.map { self.repair(of: $0, options.repair, duties.repairs) }
    }

    var now: Duration { .nanoseconds((NIODeadline.now() - self.started).nanoseconds) }

    func nextNumber() -> UInt64 {
        self.lastNumber += 1
        return self.lastNumber
    }

    /// Closes connections to those whose certificates count no more.
    func judgeAgain(_ tls: PeerTLS) {
        self.copies.judgeAgain(tls)
        self.data.judgeAgain(tls)
    }

    func close() {
        self.isClosed = true
        self.timer?.cancel()
        self.fetcher?.close()
        self.repair?.close()
        self.copies.close()
        self.data.close()
    }

    // MARK: - The view

    func viewChanged(_ view: ClusterView) {
        guard !self.isClosed else { return }
        self.view = view
        let placement = Placement(view.records, view.parameters)
        let available = Set(view.available.map(\.node))
        self.copies.viewChanged(view)
        self.data.viewChanged(view)
        self.questions.viewChanged(view)
        self.repair?.viewChanged(view, placement)
        if self.replication == nil {
            self.replication = Replication(
                local: self.local.identity.node,
                placement: placement,
                available: available
            )
        } else {
            self.input { machine, now in
                machine.viewChanged(placement, available: available, at: now)
            }
        }
    }

    // MARK: - Frames first-hand

    /// Takes a frame first-hand, or sends it on to the collector that should.
    func take(_ frame: SealedFrame, floor: UInt64, isForwarded: Bool, _ reply: WriteReply) {
        guard self.replication != nil, !self.isClosed else {
            return self.answer(reply, Outcome(.refused, "the collector is not ready"))
        }
        if let defect = self.times.defect(of: frame.header.created, now: self.local.now()) {
            return self.answer(reply, Outcome(.restamp, defect))
        }
        let partition = frame.partition
        if !isForwarded, let node = self.betterNode(for: partition) {
            let request = self.nextNumber()
            let delivery = Delivery(floor: floor, isForwarded: true)
            if self.data.send(.frame, request, delivery, frame: frame.bytes, to: node) {
                self.tally.note(.forwarded)
                if case .door(let door) = reply { self.journal(door) }
                self.forwarding[request] = Forward(
                    frame: frame,
                    floor: floor,
                    node: node,
                    reply: reply,
                    began: .now()
                )
                return self.schedule()
            }
        }
        self.takeHere(frame, floor: floor, reply)
    }

    func takeHere(_ frame: SealedFrame, floor: UInt64, _ reply: WriteReply) {
        let id = frame.header.id
        if let other = self.checksum(of: id), other != frame.header.contentChecksum {
            // Only the log can give it another name, and only after that one.
            self.tally.note(.clash)
            return self.answer(
                reply,
                Outcome(.refused, "another frame of this name is under way or owed; send again")
            )
        }
        let sender = Replication.Sender(self.nextNumber())
        self.replies[sender] = reply
        if case .peer(let connection, _) = reply {
            self.senders[ObjectIdentifier(connection), default: []].insert(sender)
        }
        if self.held[id] == nil { self.held[id] = Held(frame: frame, floor: floor) }
        self.input { machine, now in
            machine.receive(id, partition: frame.partition, bytes: frame.bytes.count, from: sender, at: now)
        }
        // Refused at once, where nothing else keeps it.
        if self.replication?.isPending(id) == false { self.held[id] = nil }
    }

    /// The collector that should take a partition's frames first-hand, where this one is not among its owners.
    private func betterNode(for partition: Int) -> NodeID? {
        self.replication?.betterNode(for: partition) { self.data.isOpen(to: $0) }
    }

    // MARK: - The machine

    func input(_ body: (inout Replication, Duration) -> [Replication.Effect]) {
        guard var machine = self.replication else { return }
        // Taken out while it changes, so that it is not copied.
        self.replication = nil
        let effects = body(&machine, self.now)
        self.replication = machine
        for effect in effects { self.perform(effect) }
        self.schedule()
    }

    private func perform(_ effect: Replication.Effect) {
        switch effect {
        case .append(let id):
            guard let held = self.held[id] else { return }
            let core = NIOLoopBound(self, eventLoop: self.loop)
            let loop = self.loop
            self.log.keep(held.frame, isCopy: false, floor: held.floor) { outcome in
                loop.execute { core.value.appended(id, outcome) }
            }
        case .copy(let id, let node): self.copy(id, to: node)
        case .confirm(let id, let sender): self.settle(sender, Outcome(.confirmed), id)
        case .accept(let id, let sender):
            self.settle(sender, Outcome(.accepted, "one node holds it so far"), id)
        case .refuse(let id, let sender, let reason):
            self.settle(sender, Outcome(.refused, reason.text), id)
        case .copyFromLog(let id, let node): self.copyFromLog(id, to: node)
        case .release(let id): self.release(id)
        }
    }

    /// Lets the bytes of a frame go; where copies of it are owed, it can be found on the own disk by its first key.
    private func release(_ id: FrameID) {
        guard let held = self.held.removeValue(forKey: id) else { return }
        if self.replication?.isOwed(id) == true, let entry = held.frame.frame.entries.first {
            self.owed[id] = Owed(key: entry.key, checksum: held.frame.header.contentChecksum)
        }
        if self.owed.count > 1024, self.owed.count > 2 * (self.replication?.underReplicatedCount ?? 0) {
            self.owed = self.owed.filter { self.replication?.isOwed($0.key) == true }
        }
    }

    private func appended(_ id: FrameID, _ outcome: LogOutcome) {
        if case .failed(let reason) = outcome {
            self.logger.warning("a frame could not be kept", metadata: ["reason": "\(reason)"])
        }
        self.tally.note(outcome, isCopy: false)
        if outcome == .kept, let held = self.held[id] { self.countForeign(held.frame) }
        if outcome.isHeld { self.held[id]?.isLogged = true }
        self.input { machine, now in machine.appended(id, isSafe: outcome.isHeld, at: now) }
    }

    private func copy(_ id: FrameID, to node: NodeID) {
        let request = self.nextNumber()
        self.copying[request] = Copying(id: id, node: node, checksum: self.checksum(of: id) ?? 0)
        if let held = self.held[id],
            self.copies.send(.copy, request, Delivery(floor: held.floor), frame: held.frame.bytes, to: node)
        {
            return
        }
        self.fail(request, by: node)
    }

    private func settle(_ sender: Replication.Sender, _ outcome: Outcome, _ id: FrameID) {
        guard let reply = self.replies.removeValue(forKey: sender) else { return }
        if case .peer(let connection, _) = reply {
            self.senders[ObjectIdentifier(connection)]?.remove(sender)
        }
        if case .door(let door) = reply, self.held[id]?.isLogged == true { door.isLogged() }
        self.answer(reply, outcome)
    }

    func answer(_ reply: WriteReply, _ outcome: Outcome) {
        self.tally.note(outcome.verdict)
        switch reply {
        case .peer(let connection, let request): connection.send(.outcome, request: request, outcome.encoded)
        case .door(let door): self.answer(door, outcome)
        }
    }

    private func schedule() {
        self.timer?.cancel()
        guard !self.isClosed else { return }
        var at = self.replication?.deadline.map { self.started + .nanoseconds($0.nanosecondCount) }
        if self.forwarding.isEmpty {
            self.forwardsDue = nil
        } else {
            let due = self.forwardsDue ?? .now() + min(.seconds(1), self.forwardTimeout)
            self.forwardsDue = due
            at = min(at ?? .distantFuture, due)
        }
        guard let at else { return }
        let core = NIOLoopBound(self, eventLoop: self.loop)
        self.timer = self.loop.scheduleTask(deadline: max(at, .now() + .milliseconds(5))) {
            core.value.endForwards()
            core.value.input { machine, now in machine.tick(at: now) }
        }
    }

    /// Takes what another collector does not answer for.
    ///
    /// What was sent stays counted until it is answered or the connection ends, as the other side counts it.
    private func endForwards() {
        guard let due = self.forwardsDue, due <= .now() else { return }
        self.forwardsDue = nil
        let limit = NIODeadline.now() - self.forwardTimeout
        let late = self.forwarding.filter { $0.value.began <= limit }.sorted { $0.key < $1.key }
        self.data.withdraw(Set(late.map(\.key)))
        for (request, forward) in late {
            self.forwarding[request] = nil
            self.takeHere(forward.frame, floor: forward.floor, forward.reply)
        }
    }

    // MARK: - What links say

    /// Copies and questions go different ways; whoever can be asked again may lack copies.
    func opened(_ purpose: ConnectionPurpose, to node: NodeID) {
        if case .data = purpose { self.repair?.met(node) }
    }

    func answered(_ header: PeerHeader, _ body: ByteBuffer, by node: NodeID) {
        guard header.kind == PeerMessageKind.outcome.rawValue else {
            if self.fetcher?.received(header, body, from: node) == true { return }
            return self.questions.answered(header, body, by: node)
        }
        var outcome = Outcome(.refused, "the answer cannot be read")
        if let read = try? Outcome(body.readableBytesSpan) { outcome = read }
        // Late ones too; numbers are given once, over both kinds of links.
        self.copies.settle(header.request, by: node)
        self.data.settle(header.request, by: node)
        if let copy = self.copying.removeValue(forKey: header.request) {
            guard self.isCurrent(copy) else { return }
            self.input { machine, now in
                outcome.verdict == .confirmed
                    ? machine.acknowledged(copy.id, by: copy.node, at: now)
                    : machine.refused(copy.id, by: copy.node, at: now)
            }
        } else if let forward = self.forwarding.removeValue(forKey: header.request) {
            if outcome.verdict == .refused {
                self.takeHere(forward.frame, floor: forward.floor, forward.reply)
            } else {
                self.answer(forward.reply, outcome)
            }
        }
    }

    func unanswered(_ request: UInt64, by node: NodeID) {
        if let copy = self.copying.removeValue(forKey: request) {
            self.copies.settle(request, by: copy.node)
            guard self.isCurrent(copy) else { return }
            self.input { machine, now in machine.refused(copy.id, by: copy.node, at: now) }
        } else if let forward = self.forwarding.removeValue(forKey: request) {
            self.takeHere(forward.frame, floor: forward.floor, forward.reply)
        } else if self.fetcher?.unanswered(request, by: node) != true {
            self.questions.unanswered(request, by: node)
        }
    }
}

extension Replication.Refusal {
    /// For the sender.
    fileprivate var text: String {
        switch self {
        case .busy: "too much is under way; send again"
        case .disk: "no disk took it; send again"
        }
    }
}
