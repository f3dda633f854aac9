internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

/// What the links of a node tell whoever asks over them; everything on their event loop.
protocol NodeLinksUser: AnyObject {
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
    /// What waits for the other side to allow more.
    private struct Outgoing {
        var request: UInt64
        var delivery: Delivery
        var frame: [UInt8]
    }

    private struct Entry {
        var address: String
        var link: PeerLink?
        var isOpen = false
        var window = 0
        var outstanding = 0
        /// Questions that were sent, with their bytes.
        var sent: [UInt64: Int] = [:]
        var waiting: [Outgoing] = []
        var waitingBytes = 0
        var failures = 0
        var until = NIODeadline.uptimeNanoseconds(0)
    }

    /// What waits for one node takes at most so much memory; beyond, its copies go elsewhere.
    private static let waitingBytesMax = 64 << 20

    private let purpose: ConnectionPurpose
    private let loop: any EventLoop
    private let local: LocalPeer
    private let dialer: PeerDialer
    private let logger: Logger
    private var entries: [NodeID: Entry] = [:]
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
            links.value.dialAll()
        }
    }

    /// Whether a node can be asked at once.
    func isOpen(to node: NodeID) -> Bool { self.entries[node]?.isOpen == true }

    /// Opens and closes connections so that there is one to each who is present.
    func viewChanged(_ view: ClusterView) {
        let present = view.records.filter { $0.status.isPresent && $0.node != self.local.identity.node }
        for record in present where self.entries[record.node]?.address != record.address {
            self.drop(record.node, "the member moved")
            self.entries[record.node] = Entry(address: record.address)
        }
        for node in self.entries.keys.sorted() where !present.contains(where: { $0.node == node }) {
            self.drop(node, "the member is gone")
        }
        self.dialAll()
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
        guard var entry = self.entries[node] else { return false }
        let fits = entry.outstanding == 0 || entry.outstanding + frame.count <= entry.window
        if entry.isOpen, entry.waiting.isEmpty, fits, let connection = entry.link?.connection {
            self.entries[node]?.outstanding += frame.count
            self.entries[node]?.sent[request] = frame.count
            connection.send(kind, request: request, delivery, frame: frame)
            return true
        }
        guard entry.waitingBytes + frame.count <= Self.waitingBytesMax else { return false }
        // A node that cannot be reached gets nothing that could go elsewhere.
        guard entry.isOpen || entry.failures == 0 else { return false }
        entry.waiting.append(Outgoing(request: request, delivery: delivery, frame: frame))
        entry.waitingBytes += frame.count
        self.entries[node] = entry
        return true
    }

    /// Sends a question without a frame; false where the node cannot be asked.
    func send(_ kind: PeerMessageKind, _ request: UInt64, _ body: [UInt8], to node: NodeID) -> Bool {
        guard let entry = self.entries[node], entry.isOpen, let connection = entry.link?.connection else {
            return false
        }
        self.entries[node]?.sent[request] = 0
        connection.send(kind, request: request, body)
        return true
    }

    /// A question is settled: what it held of the window is free.
    func settle(_ request: UInt64, by node: NodeID) {
        guard let bytes = self.entries[node]?.sent.removeValue(forKey: request) else { return }
        self.entries[node]?.outstanding -= bytes
        self.pump(node)
    }

    private func pump(_ node: NodeID) {
        guard var entry = self.entries[node], entry.isOpen, let connection = entry.link?.connection else {
            return
        }
        let kind: PeerMessageKind = self.purpose == .replica ? .copy : .frame
        var taken = 0
        for outgoing in entry.waiting {
            let bytes = outgoing.frame.count
            guard entry.outstanding == 0 || entry.outstanding + bytes <= entry.window else { break }
            entry.outstanding += bytes
            entry.waitingBytes -= bytes
            entry.sent[outgoing.request] = bytes
            taken += 1
            connection.send(kind, request: outgoing.request, outgoing.delivery, frame: outgoing.frame)
        }
        entry.waiting.removeFirst(taken)
        self.entries[node] = entry
    }

    private func dialAll() {
        guard !self.isClosed else { return }
        let now = NIODeadline.now()
        for node in self.entries.keys.sorted() {
            guard let entry = self.entries[node], entry.link == nil, entry.until <= now else { continue }
            let link = PeerLink(self.purpose, to: node, at: entry.address, user: self) { [unowned self] in
                Hello(self.purpose, self.local.greeting())
            }
            self.entries[node]?.link = link
            link.dial(self.dialer, on: self.loop)
        }
    }

    private func drop(_ node: NodeID, _ reason: String) {
        guard let entry = self.entries.removeValue(forKey: node) else { return }
        entry.link?.close(reason)
        self.fail(entry, node)
    }

    private func fail(_ entry: Entry, _ node: NodeID) {
        for request in entry.sent.keys.sorted() { self.user?.unanswered(request, by: node) }
        for outgoing in entry.waiting { self.user?.unanswered(outgoing.request, by: node) }
    }

    // MARK: - What links say

    func opened(_ link: PeerLink, _ welcome: Welcome) {
        guard let node = link.node, self.entries[node]?.link === link else { return link.close("not wanted") }
        self.entries[node]?.isOpen = true
        self.entries[node]?.failures = 0
        self.entries[node]?.window = Int(clamping: welcome.window)
        self.pump(node)
    }

    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink) {
        guard let node = link.node, self.entries[node]?.link === link else { return }
        switch PeerMessageKind(rawValue: header.kind) {
        case .window:
            guard let bytes = PeerWindow.decoded(body.readableBytesSpan) else { return }
            self.entries[node]?.window = bytes
            self.pump(node)
        default: self.user?.answered(header, body, by: node)
        }
    }

    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?) {
        guard let node = link.node, var entry = self.entries[node], entry.link === link else { return }
        let lost = entry
        let delay = min(Int64(50) << min(entry.failures, 7), 3000)
        entry = Entry(
            address: entry.address,
            failures: lost.failures + 1,
            until: .now() + .milliseconds(delay)
        )
        self.entries[node] = entry
        self.logger.debug(
            "a link ended",
            metadata: ["node": "\(node)", "purpose": "\(self.purpose)", "reason": "\(reason)"]
        )
        self.fail(lost, node)
    }
}
