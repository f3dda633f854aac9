internal import Cluster
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Telemetry

/// The courier machine with its connections and timers; belongs to its event loop.
final class CourierCore: PeerLinkUser {
    private let loop: any EventLoop
    private let local: LocalPeer
    private let seeds: [String]
    private let dialer: PeerDialer
    private let store: any ParcelStore
    private let viewChanged: (ClusterView) -> Void
    private let metClock: (Int64) -> Void
    private let logger: Logger
    private let started = NIODeadline.now()
    private var machine = Courier()
    /// Asks for credentials that collectors have; nil where the process shares none.
    private(set) var fetcher: CredentialFetcher?
    private var book = ViewBook()
    private var links: [NodeID: PeerLink] = [:]
    /// A seed that is being asked, while nobody is known.
    private var seedLink: PeerLink?
    private var nextSeed = 0
    /// Frames that are out, by their request.
    private var requests: [UInt64: (id: FrameID, node: NodeID)] = [:]
    private var lastRequest: UInt64 = 0
    private var timer: Scheduled<Void>?
    /// Reads frames from the disk, so that the event loop goes on.
    private let reading = NIOThreadPool.singleton
    private var isClosed = false
    private var hasMetClock = false
    private var lastProblem = ""
    private var lastReport = NIODeadline.uptimeNanoseconds(0)
    var publish: (CourierLoop.Status) -> Void = { _ in }

    init(
        loop: any EventLoop,
        local: LocalPeer,
        seeds: [String],
        dialer: PeerDialer,
        store: any ParcelStore,
        viewChanged: @escaping (ClusterView) -> Void,
        metClock: @escaping (Int64) -> Void,
        credentials: (any SharedCredentials)?,
        logger: Logger
    ) {
        self.loop = loop
        self.local = local
        self.seeds = seeds
        self.dialer = dialer
        self.store = store
        self.viewChanged = viewChanged
        self.metClock = metClock
        self.logger = logger
        self.fetcher = credentials.map { self.fetcher(for: $0) }
    }

    private func fetcher(for credentials: any SharedCredentials) -> CredentialFetcher {
        CredentialFetcher(
            on: self.loop,
            credentials,
            number: { [unowned self] in self.nextNumber() },
            send: { [unowned self] body, request, node in
                guard let connection = self.links[node]?.connection else { return false }
                connection.send(.fetch, request: request, body)
                return true
            },
            logger: self.logger
        )
    }

    private func nextNumber() -> UInt64 {
        self.lastRequest += 1
        return self.lastRequest
    }

    private var now: Duration { .nanoseconds((NIODeadline.now() - self.started).nanoseconds) }

    func start() {
        self.askSeed()
        let core = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) { task in
            guard !core.value.isClosed else { return task.cancel() }
            core.value.askSeed()
        }
    }

    /// Passes an input to the machine and performs what it asks for.
    func input(_ body: (inout Courier, Duration) -> [Courier.Effect]) {
        guard !self.isClosed else { return }
        let effects = body(&self.machine, self.now)
        var released: [(id: FrameID, verdict: Outcome.Verdict)] = []
        for effect in effects {
            switch effect {
            case .connect(let node): self.connect(node)
            case .disconnect(let node): self.disconnect(node)
            case .send(let id, let node): self.send(id, to: node)
            case .release(let id, let verdict): released.append((id, verdict))
            }
        }
        if !released.isEmpty { self.store.release(released) }
        self.schedule()
        self.tell()
    }

    func judgeAgain(_ tls: PeerTLS) {
        for link in Array(self.links.values) { link.judgeAgain(tls) }
        self.seedLink?.judgeAgain(tls)
    }

    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.timer?.cancel()
        self.fetcher?.close()
        self.seedLink?.close("the agent ends")
        for link in Array(self.links.values) { link.close("the agent ends") }
    }

    private func tell() {
        self.publish(
            CourierLoop.Status(
                view: self.machine.currentView,
                connected: self.links.filter { $0.value.connection != nil }.keys.sorted(),
                heldFrames: self.machine.heldCount,
                heldBytes: self.machine.heldBytes,
                resent: self.machine.resentCount,
                lastProblem: self.lastProblem
            )
        )
    }

    private func schedule() {
        self.timer?.cancel()
        self.timer = nil
        guard let deadline = self.machine.deadline else { return }
        let core = NIOLoopBound(self, eventLoop: self.loop)
        let at = max(self.started + .nanoseconds(deadline.nanosecondCount), .now() + .milliseconds(1))
        self.timer = self.loop.scheduleTask(deadline: at) {
            core.value.input { machine, now in machine.tick(at: now) }
        }
    }

    // MARK: - Connections

    /// While nobody can be reached, the seeds are asked in turn.
    private func askSeed() {
        guard self.machine.needsSeeds, self.seedLink == nil, !self.seeds.isEmpty else { return }
        let link = self.makeLink(to: nil, at: self.seeds[self.nextSeed % self.seeds.count])
        self.nextSeed += 1
        self.seedLink = link
        link.dial(self.dialer, on: self.loop)
    }

    private func connect(_ node: NodeID) {
        guard self.links[node] == nil, let record = self.machine.currentView?.record(of: node) else { return }
        let link = self.makeLink(to: node, at: record.address)
        self.links[node] = link
        link.dial(self.dialer, on: self.loop)
    }

    private func makeLink(to node: NodeID?, at address: String) -> PeerLink {
        let local = self.local
        return PeerLink(.data, to: node, at: address, user: self) { Hello(.data, local.greeting()) }
    }

    /// Closes a connection of which the machine wants to hear no more.
    private func disconnect(_ node: NodeID) {
        guard let link = self.links.removeValue(forKey: node) else { return }
        self.forgetRequests(to: node)
        self.fetcher?.lost(node)
        self.book.lost(node, at: self.now)
        link.close("not needed")
    }

    private func forgetRequests(to node: NodeID) {
        self.requests = self.requests.filter { $0.value.node != node }
    }

    /// Reads a frame, which may wait for a disk, and sends it.
    private func send(_ id: FrameID, to node: NodeID) {
        // Where the connection ended meanwhile, the machine hears of it and finds another way.
        guard let link = self.links[node], link.connection != nil else { return }
        let request = self.nextNumber()
        self.requests[request] = (id, node)
        let (core, store) = (NIOLoopBound(self, eventLoop: self.loop), self.store)
        self.reading.runIfActive(eventLoop: self.loop) { try store.bytes(of: id) }
            .whenComplete { core.value.send($0, request) }
    }

    private func send(_ result: Result<[UInt8]?, any Error>, _ request: UInt64) {
        // Where the connection ended meanwhile, the frame is on another way.
        guard let (id, node) = self.requests[request], let connection = self.links[node]?.connection else {
            return
        }
        switch result {
        case .success(let bytes?):
            let delivery = Delivery(floor: self.machine.floor(of: id.run))
            connection.send(.frame, request: request, delivery, frame: bytes)
        case .success(nil):
            // What is not kept any more, nobody can bring.
            self.requests[request] = nil
            self.input { machine, now in
                machine.answered(id, .refused, by: node, at: now) + machine.forget(id, at: now)
            }
        case .failure(let error):
            // It is kept: it rests, and is read again.
            self.requests[request] = nil
            self.note("a frame cannot be read: \(error)")
            self.input { machine, now in machine.answered(id, .refused, by: node, at: now) }
        }
    }

    func opened(_ link: PeerLink, _ welcome: Welcome) {
        if self.seedLink === link { self.seedLink = nil }
        guard let node = link.node, !self.isClosed else { return link.close("the agent ends") }
        if let other = self.links[node], other !== link { return link.close("connected already") }
        self.links[node] = link
        if !self.hasMetClock {
            self.hasMetClock = true
            self.metClock(
                Int64(clamping: welcome.greeting.clock.nanoseconds)
                    - Int64(clamping: self.local.now().nanoseconds)
            )
        }
        self.take(welcome.view, from: node)
        let window = Int(clamping: welcome.window)
        self.input { machine, now in machine.connected(to: node, window: window, at: now) }
    }

    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink) {
        guard let node = link.node, self.links[node] === link else { return }
        switch PeerMessageKind(rawValue: header.kind) {
        case .outcome:
            guard let (id, asked) = self.requests[header.request], asked == node else { return }
            guard let outcome = try? Outcome(body.readableBytesSpan) else {
                return link.close("malformed outcome")
            }
            self.requests[header.request] = nil
            if outcome.verdict != .confirmed, outcome.verdict != .accepted {
                self.note("\(node) answered \(outcome.verdict.label): \(outcome.message)")
            }
            // A frame that was made just now is well: it is this collector's clock, or the own one, that is off. Another
            // collector may take it, and nothing is made anew for ever.
            let isWell = outcome.verdict == .restamp && !self.store.canMakeAnew(id)
            let verdict = isWell ? .refused : outcome.verdict
            self.input { machine, now in machine.answered(id, verdict, by: asked, at: now) }
        case .view:
            if let view = try? ClusterView(decoding: body.readableBytesSpan) { self.take(view, from: node) }
        case .window:
            guard let bytes = PeerWindow.decoded(body.readableBytesSpan) else { return }
            self.input { machine, now in machine.windowChanged(of: node, to: bytes, at: now) }
        default: _ = self.fetcher?.received(header, body, from: node)
        }
    }

    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?) {
        if self.seedLink === link { self.seedLink = nil }
        self.note("\(link.address): \(reason)")
        guard let node = link.node, self.links[node] === link else { return self.tell() }
        self.links[node] = nil
        self.forgetRequests(to: node)
        self.fetcher?.lost(node)
        self.input { machine, now in machine.connectionLost(to: node, at: now) }
        self.book.lost(node, at: self.now)
        self.look()
    }

    private func take(_ view: ClusterView, from node: NodeID) {
        self.book.told(view, by: node, at: self.now)
        self.look()
    }

    private func look() {
        guard !self.isClosed, let view = self.book.view, view != self.machine.currentView else { return }
        self.input { machine, now in machine.viewChanged(view, at: now) }
        self.viewChanged(view)
    }

    /// Tells of troubles, at most every ten seconds.
    private func note(_ problem: String) {
        self.lastProblem = problem
        guard NIODeadline.now() - self.lastReport > .seconds(10) else { return }
        self.lastReport = .now()
        self.logger.warning("a collector cannot be used as it should", metadata: ["reason": "\(problem)"])
    }
}
