internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

/// What the links of a node tell whoever asks over them; everything on their event loop.
protocol NodeLinksUser: AnyObject {
    /// A link to a node stands, anew or for the first time.
    func opened(_ purpose: ConnectionPurpose, to node: NodeID)

    /// An answer, or part of one.
    func answered(_ header: PeerHeader, _ body: ByteBuffer, by node: NodeID)

    /// A question will not be answered any more.
    func unanswered(_ request: UInt64, by node: NodeID)
}

/// The connections that a collector opens to all others, for one purpose: opened again when they end, and filled no
/// further than the other side allows.
///
/// Belongs to its event loop.
final class NodeLinks: PeerLinkUser {
    /// What waits for one node takes at most so much memory; beyond, its copies go elsewhere.
    private static let waitingBytesMax = 64 << 20
    /// A node that leaves a frame unanswered so long, though it shows that it lives, is connected to anew.
    private static let answerTimeout = TimeAmount.seconds(30)

    private let purpose: ConnectionPurpose
    private let loop: any EventLoop
    private let local: LocalPeer
    private let dialer: PeerDialer
    private let logger: Logger
    private var entries: [NodeID: NodeLinkEntry] = [:]
    private var isClosed = false
    weak var user: (any NodeLinksUser)?

    init(
        _ purpose: ConnectionPurpose,
        on loop: any EventLoop,
        local: LocalPeer,
        dialer: PeerDialer,
        logger: Logger
    ) {
        self.purpose = purpose
        self.loop = loop
        self.local = local
        self.dialer = dialer
        self.logger = logger
        let links = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { task in
            guard !links.value.isClosed else { return task.cancel() }
            links.value.endUnanswered()
            links.value.dialAll()
        }
    }

    /// Whether a node can be asked at once.
    func isOpen(to node: NodeID) -> Bool { self.entries[node]?.connection != nil }

    /// Opens and closes connections so that there is one to each who is present.
    func viewChanged(_ view: ClusterView) {
        let present = view.records.filter { $0.status.isPresent && $0.node != self.local.identity.node }
        for record in present where self.entries[record.node]?.address != record.address {
            self.drop(record.node, "the member moved")
            self.entries[record.node] = NodeLinkEntry(address: record.address)
        }
        let names = Set(present.map(\.node))
        for node in self.entries.keys.sorted() where !names.contains(node) {
            self.drop(node, "the member is gone")
        }
        self.dialAll()
    }

    /// Closes connections to those whose certificates count no more.
    func judgeAgain(_ tls: PeerTLS) {
        for node in self.entries.keys.sorted() { self.entries[node]?.link?.judgeAgain(tls) }
    }

    func close() {
        self.isClosed = true
        for node in self.entries.keys.sorted() { self.drop(node, "leaving") }
    }

    /// Sends a frame as a question; false where it cannot even wait.
    func send(
        _ kind: PeerMessageKind,
        _ request: UInt64,
        _ delivery: Delivery,
        frame: [UInt8],
        to node: NodeID
    ) -> Bool {
        guard let entry = self.entries[node], entry.reads(frame) else { return false }
        if let connection = entry.connection, entry.waiting.isEmpty, entry.fits(frame.count) {
            entry.note(request, bytes: frame.count)
            connection.send(kind, request: request, delivery, frame: frame)
            return true
        }
        guard entry.waitingBytes + frame.count <= Self.waitingBytesMax else { return false }
        // A node that cannot be reached gets nothing that could go elsewhere.
        guard entry.connection != nil || entry.failures == 0 else { return false }
        entry.waiting.append(.init(kind: kind, request: request, delivery: delivery, frame: frame))
        entry.waitingBytes += frame.count
        return true
    }

    /// Sends a question without a frame; false where the node cannot be asked.
    func send(_ kind: PeerMessageKind, _ request: UInt64, _ body: [UInt8], to node: NodeID) -> Bool {
        guard body.count <= PeerProtocol.questionBytesMax, let entry = self.entries[node],
            let connection = entry.connection
        else { return false }
        entry.sent[request] = 0
        connection.send(kind, request: request, body)
        return true
    }

    /// A question is settled: what it held of the window is free.
    func settle(_ request: UInt64, by node: NodeID) {
        guard let entry = self.entries[node], let bytes = entry.sent.removeValue(forKey: request) else {
            return
        }
        entry.outstanding -= bytes
        self.pump(entry)
    }

    /// Frames that still wait are not sent any more; nobody hears of them again.
    func withdraw(_ requests: Set<UInt64>) {
        guard !requests.isEmpty else { return }
        for node in self.entries.keys.sorted() { self.entries[node]?.withdraw(requests) }
    }

    private func pump(_ entry: NodeLinkEntry) {
        while let connection = entry.connection, let next = entry.waiting.first, entry.fits(next.frame.count)
        {
            entry.waiting.removeFirst()
            entry.waitingBytes -= next.frame.count
            entry.note(next.request, bytes: next.frame.count)
            connection.send(next.kind, request: next.request, next.delivery, frame: next.frame)
        }
    }

    private func endUnanswered() {
        let limit = NIODeadline.now() - Self.answerTimeout
        for node in self.entries.keys.sorted() {
            guard let entry = self.entries[node], let since = entry.oldestUnanswered, since < limit else {
                continue
            }
            entry.link?.close(
                "a frame was not answered for \(Self.answerTimeout.nanoseconds / 1_000_000_000) s"
            )
        }
    }

    private func dialAll() {
        guard !self.isClosed else { return }
        let now = NIODeadline.now()
        for node in self.entries.keys.sorted() {
            guard let entry = self.entries[node], entry.link == nil, entry.until <= now else { continue }
            let (purpose, local) = (self.purpose, self.local)
            let link = PeerLink(self.purpose, to: node, at: entry.address, user: self) {
                Hello(purpose, local.greeting())
            }
            entry.link = link
            link.dial(self.dialer, on: self.loop)
        }
    }

    private func drop(_ node: NodeID, _ reason: String) {
        guard let entry = self.entries.removeValue(forKey: node) else { return }
        entry.link?.close(reason)
        self.fail(entry, node)
    }

    private func fail(_ entry: NodeLinkEntry, _ node: NodeID) {
        for request in entry.takeAll() { self.user?.unanswered(request, by: node) }
    }

    // MARK: - What links say

    func opened(_ link: PeerLink, _ welcome: Welcome) {
        guard let node = link.node, let entry = self.entries[node], entry.link === link else {
            return link.close("not wanted")
        }
        entry.connection = link.connection
        entry.failures = 0
        entry.window = Int(clamping: welcome.window)
        // What cannot be read there must not be sent there.
        entry.frameVersionMax = welcome.greeting.frameVersion
        for request in entry.takeUnreadable() { self.user?.unanswered(request, by: node) }
        self.pump(entry)
        self.user?.opened(self.purpose, to: node)
    }

    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink) {
        guard let node = link.node, let entry = self.entries[node], entry.link === link else { return }
        switch PeerMessageKind(rawValue: header.kind) {
        case .window:
            guard let bytes = PeerWindow.decoded(body.readableBytesSpan) else { return }
            entry.window = bytes
            self.pump(entry)
        default: self.user?.answered(header, body, by: node)
        }
    }

    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?) {
        guard let node = link.node, let entry = self.entries[node], entry.link === link else { return }
        let delay = min(Int64(50) << min(entry.failures, 7), 3000)
        self.entries[node] = NodeLinkEntry(
            address: entry.address,
            failures: entry.failures + 1,
            until: .now() + .milliseconds(delay)
        )
        self.logger.debug(
            "a link ended",
            metadata: ["node": "\(node)", "purpose": "\(self.purpose)", "reason": "\(reason)"]
        )
        self.fail(entry, node)
    }
}
