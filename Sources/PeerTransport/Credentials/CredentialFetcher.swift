internal import Cluster
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Telemetry

/// The credential gossip machine with its questions and timers, on the calling side of connections; belongs to its event loop.
final class CredentialFetcher {
    /// Sends a question to a node; false where it is not connected.
    typealias Send = (_ body: [UInt8], _ request: UInt64, _ node: NodeID) -> Bool

    private let loop: any EventLoop
    private let credentials: any SharedCredentials
    private let number: () -> UInt64
    private let send: Send
    private let settle: (_ request: UInt64, _ node: NodeID) -> Void
    private let logger: Logger
    private let started = NIODeadline.now()
    private var machine: CredentialGossip
    private var question: (request: UInt64, node: NodeID, answer: [UInt8])?
    private var timer: Scheduled<Void>?
    private var isClosed = false

    /// A fetcher that asks nobody yet.
    ///
    /// - Parameters:
    ///   - loop: Its event loop.
    ///   - credentials: What the process has.
    ///   - number: Gives numbers for questions that no other question of the process has.
    ///   - send: Sends a question.
    ///   - settle: Hears that a question needs no answer any more.
    ///   - logger: Hears of nodes that do not answer.
    init(
        on loop: any EventLoop,
        _ credentials: any SharedCredentials,
        number: @escaping () -> UInt64,
        send: @escaping Send,
        settle: @escaping (UInt64, NodeID) -> Void = { _, _ in },
        logger: Logger
    ) {
        self.loop = loop
        self.credentials = credentials
        self.number = number
        self.send = send
        self.settle = settle
        self.logger = logger
        self.machine = CredentialGossip(own: credentials.summary)
    }

    // MARK: - Inputs

    /// The own credentials may be others than before.
    func changed() {
        let own = self.credentials.summary
        self.input { machine, now in machine.changed(to: own, at: now) }
    }

    /// A message came: true where it was for nobody else.
    func received(_ header: PeerHeader, _ body: ByteBuffer, from node: NodeID) -> Bool {
        switch PeerMessageKind(rawValue: header.kind) {
        case .summary:
            if let summary = try? CredentialSummary(body.readableBytesSpan) {
                self.input { machine, now in machine.told(summary, by: node, at: now) }
            }
            return true
        case .part:
            guard self.isAsked(header.request, node) else { return false }
            self.takePart(header, body, node)
            return true
        case .failure:
            guard self.isAsked(header.request, node) else { return false }
            self.fail(node, ShortText.decoded(body.readableBytesSpan))
            return true
        default: return false
        }
    }

    /// The connection that a question was asked on ended: true where it was asked here.
    func unanswered(_ request: UInt64, by node: NodeID) -> Bool {
        guard self.isAsked(request, node) else { return false }
        self.question = nil
        self.input { machine, now in machine.forget(node, at: now) }
        return true
    }

    /// The connection to a node ended.
    func lost(_ node: NodeID) {
        if self.question?.node == node { self.question = nil }
        self.input { machine, now in machine.forget(node, at: now) }
    }

    func close() {
        self.isClosed = true
        self.timer?.cancel()
    }

    // MARK: - Private

    private func isAsked(_ request: UInt64, _ node: NodeID) -> Bool {
        self.question.map { $0.request == request && $0.node == node } ?? false
    }

    private func input(_ body: (inout CredentialGossip, Duration) -> [CredentialGossip.Effect]) {
        guard !self.isClosed else { return }
        let now = Duration.nanoseconds((NIODeadline.now() - self.started).nanoseconds)
        for case .ask(let node, let own) in body(&self.machine, now) { self.ask(node, own) }
        self.schedule()
    }

    private func ask(_ node: NodeID, _ own: CredentialSummary) {
        // One that gave no answer in time is not waited for any more.
        if let old = self.question { self.settle(old.request, old.node) }
        let request = self.number()
        self.question = (request, node, [])
        guard !self.send(own.encoded, request, node) else { return }
        self.question = nil
        let fetcher = NIOLoopBound(self, eventLoop: self.loop)
        // On a later turn: this is one of the machine's.
        self.loop.execute { fetcher.value.input { machine, now in machine.forget(node, at: now) } }
    }

    private func takePart(_ header: PeerHeader, _ body: ByteBuffer, _ node: NodeID) {
        let soFar = self.question?.answer.count ?? 0
        guard soFar + body.readableBytes <= CredentialUpdate.bytesMax else {
            return self.fail(node, "the answer is too large")
        }
        self.question?.answer += body.readableBytesView
        guard header.flags & PeerHeader.lastPart != 0, let answer = self.question?.answer else { return }
        self.question = nil
        self.settle(header.request, node)
        guard let update = try? CredentialUpdate(answer.raw) else {
            return self.fail(node, "the answer cannot be read")
        }
        let (credentials, fetcher) = (self.credentials, NIOLoopBound(self, eventLoop: self.loop))
        let loop = self.loop
        // Signatures and disks take a while; the event loop goes on.
        NIOThreadPool.singleton.submit { _ in
            let isTaken = credentials.take(update, from: node)
            loop.execute { fetcher.value.taken(from: node, isTaken: isTaken) }
        }
    }

    private func taken(from node: NodeID, isTaken: Bool) {
        // What changed by it is known before anybody else is asked.
        self.changed()
        self.input { machine, now in machine.answered(by: node, isTaken: isTaken, at: now) }
    }

    private func fail(_ node: NodeID, _ reason: String) {
        if let question = self.question { self.settle(question.request, question.node) }
        self.question = nil
        self.logger.warning(
            "a collector gave no credentials though it has newer ones",
            metadata: ["node": "\(node)", "reason": "\(reason)"]
        )
        self.input { machine, now in machine.answered(by: node, isTaken: false, at: now) }
    }

    private func schedule() {
        self.timer?.cancel()
        self.timer = nil
        guard let deadline = self.machine.deadline else { return }
        let at = max(self.started + .nanoseconds(deadline.nanosecondCount), .now() + .milliseconds(5))
        let fetcher = NIOLoopBound(self, eventLoop: self.loop)
        self.timer = self.loop.scheduleTask(deadline: at) {
            fetcher.value.input { machine, now in machine.tick(at: now) }
        }
    }
}
