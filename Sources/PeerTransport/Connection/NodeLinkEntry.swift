internal import Cluster
internal import NIOCore

/// One node as a collector sends to it: what is out, and what waits.
///
/// Belongs to the event loop of its links.
final class NodeLinkEntry {
    /// What waits for the other side to allow more.
    struct Outgoing {
        var kind: PeerMessageKind
        var request: UInt64
        var delivery: Delivery
        var frame: [UInt8]
    }

    let address: String
    var link: PeerLink?
    /// Nil until it is open.
    var connection: PeerConnection?
    var window = 0
    /// The newest version of frames that the other side reads; any, before it is known.
    var frameVersionMax = UInt16.max
    private var outstandingSince: [(request: UInt64, at: NIODeadline)] = []
    var outstanding = 0
    /// Questions that were sent and not answered, with the bytes of their frames: given up ones too, since the other
    /// side counts them.
    var sent: [UInt64: Int] = [:]
    var waiting: CircularBuffer<Outgoing> = []
    var waitingBytes = 0
    /// Since it was open last.
    var failures: Int
    /// It is not dialed before.
    let until: NIODeadline

    init(address: String, failures: Int = 0, until: NIODeadline = .uptimeNanoseconds(0)) {
        self.address = address
        self.failures = failures
        self.until = until
    }

    /// Whether a frame may be sent now; one that is larger than the window goes alone.
    func fits(_ bytes: Int) -> Bool { self.outstanding == 0 || self.outstanding + bytes <= self.window }

    /// A frame is sent.
    func note(_ request: UInt64, bytes: Int) {
        self.sent[request] = bytes
        self.outstanding += bytes
        self.outstandingSince.append((request, .now()))
    }

    /// Drops what waits and is not wanted any more.
    func withdraw(_ requests: Set<UInt64>) {
        self.waiting.removeAll { requests.contains($0.request) }
        self.waitingBytes = self.waiting.reduce(0) { $0 + $1.frame.count }
    }

    /// Whether the other side reads a frame, by the version at its bytes 4 and 5 (`Telemetry/Frame/Format.md`).
    func reads(_ frame: [UInt8]) -> Bool {
        guard frame.count >= 6 else { return false }
        return UInt16(frame[4]) | UInt16(frame[5]) << 8 <= self.frameVersionMax
    }

    /// Drops what waits and cannot be read there: gives it in the order in which it was asked.
    func takeUnreadable() -> [UInt64] {
        let requests = self.waiting.filter { !self.reads($0.frame) }.map(\.request)
        self.withdraw(Set(requests))
        return requests
    }

    /// When the oldest frame was sent that is not answered; nil where all are.
    var oldestUnanswered: NIODeadline? {
        let answered = self.outstandingSince.prefix { self.sent[$0.request] == nil }.count
        self.outstandingSince.removeFirst(answered)
        return self.outstandingSince.first?.at
    }

    /// Ends it: gives everything that will not be answered, in the order in which it was asked.
    func takeAll() -> [UInt64] {
        defer {
            self.sent = [:]
            self.waiting = []
            self.connection = nil
        }
        return self.sent.keys.sorted() + self.waiting.map(\.request)
    }
}
