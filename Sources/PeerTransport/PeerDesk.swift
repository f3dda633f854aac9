internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

/// Receives the connections of peers: greets them, and hands what they say to the part it is for.
///
/// Belongs to the peers' event loop.
final class PeerDesk: PeerConnectionOwner {
    struct Guest {
        var connection: PeerConnection
        var certificate: PeerCertificate
        /// Nil until it is welcomed.
        var purpose: ConnectionPurpose?
        /// Questions that were not answered yet.
        var questions = 0
        /// Whether the log was told that it sends what is no frame: once is enough.
        var isKnownForDamage = false
        /// Bytes of answers that are not written yet.
        var answerBytes = 0
    }

    /// Answers a question about what is stored.
    typealias Answerer = @Sendable ([UInt8]) async throws -> [UInt8]

    /// Bytes of frames that may be unanswered, by who sends them.
    static let agentWindow = 4 << 20
    static let collectorWindow = 16 << 20
    static let replicaWindow = 32 << 20
    /// Connections under one name: a node needs three, and as many again while it finds the old ones dead.
    private static let connectionsPerPeerMax = 16

    let core: WriteCore
    private let membership: MembershipLoop
    private let local: LocalPeer
    let answerer: Answerer
    let credentials: (any SharedCredentials)?
    let tally: PeerTally
    let logger: Logger
    var guests: [ObjectIdentifier: Guest] = [:]
    private var runs = RunOwners()
    private(set) var agents = AgentBook()
    private var isClosing = false

    init(
        core: WriteCore,
        membership: MembershipLoop,
        local: LocalPeer,
        answerer: @escaping Answerer,
        credentials: (any SharedCredentials)?,
        tally: PeerTally,
        logger: Logger
    ) {
        self.core = core
        self.membership = membership
        self.local = local
        self.answerer = answerer
        self.credentials = credentials
        self.tally = tally
        self.logger = logger
    }

    // MARK: - For the process

    /// Tells agents who is in the cluster.
    func viewChanged(_ view: ClusterView) {
        let bytes = view.encoded
        for guest in self.guests.values
        where guest.purpose == .data && guest.certificate.identity.role == .agent {
            guest.connection.send(.view, bytes)
        }
    }

    /// Tells everybody who is connected what this node has of the shared credentials.
    func tellCredentials() {
        guard let bytes = self.credentials?.summary.encoded else { return }
        for guest in self.guests.values where guest.purpose == .data {
            guest.connection.send(.summary, bytes)
        }
    }

    /// Closes connections whose certificates count no more.
    func judgeAgain(_ tls: PeerTLS) {
        for guest in Array(self.guests.values) {
            guard let objection = tls.objection(to: guest.certificate, whoIs: .client) else { continue }
            self.tally.note(.certificate)
            self.logger.warning(
                "a peer's certificate counts no more",
                metadata: ["peer": "\(guest.certificate.identity)", "reason": "\(objection)"]
            )
            guest.connection.close("your certificate counts no more: \(objection)")
        }
    }

    /// Welcomes nobody any more.
    func beginClosing() { self.isClosing = true }

    /// Says goodbye to everybody.
    func close() {
        self.isClosing = true
        for guest in Array(self.guests.values) { guest.connection.close("the collector ends") }
    }

    /// Connections by role, for the program's own metrics.
    func publish() {
        var counts: [Role: Int] = [:]
        for guest in self.guests.values where guest.purpose != nil {
            counts[guest.certificate.identity.role, default: 0] += 1
        }
        self.tally.setConnections(counts)
    }

    // MARK: - What connections say

    func secured(_ connection: PeerConnection) {
        guard let certificate = connection.certificate else { return }
        self.guests[ObjectIdentifier(connection)] = Guest(connection: connection, certificate: certificate)
    }

    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {
        guard let guest = self.guests[ObjectIdentifier(connection)] else { return }
        guard let purpose = guest.purpose else { return self.greet(header, body, guest) }
        switch (PeerMessageKind(rawValue: header.kind), purpose) {
        case (.membership, .control):
            self.membership.received(Array(body.readableBytesView), from: guest.certificate.identity.node)
        case (.frame, .data): self.takeFrame(header, body, guest)
        case (.copy, .replica): self.takeCopy(header, body, guest)
        case (.read, .data): self.takeQuestion(header, body, guest)
        case (.fetch, .data): self.takeFetch(header, body, guest)
        case (nil, _):
            // A kind of a later version; whoever asked is told that it is not known here.
            connection.send(
                .failure,
                request: header.request,
                ShortText.encoded("unknown kind \(header.kind)")
            )
        default:
            self.tally.note(.malformed)
            connection.close("a message of kind \(header.kind) does not belong on a \(purpose) connection")
        }
    }

    func closed(_ connection: PeerConnection, because reason: String) {
        let id = ObjectIdentifier(connection)
        if let offence = connection.offence { self.tally.note(offence) }
        guard let guest = self.guests.removeValue(forKey: id) else {
            return self.logger.debug(
                "a connection never stood",
                metadata: ["from": "\(connection.address)", "reason": "\(reason)"]
            )
        }
        self.core.forget(connection)
        self.core.memory.giveAnswer(guest.answerBytes)
        let identity = guest.certificate.identity
        if guest.purpose != nil, identity.role == .agent { self.agents.disconnected(identity.node) }
        if guest.purpose == .control {
            self.membership.lost(
                PeerHandle(connection, on: self.core.loop),
                of: guest.certificate.identity.node
            )
        }
        self.publish()
    }

    // MARK: - Greeting

    private func greet(_ header: PeerHeader, _ body: ByteBuffer, _ guest: Guest) {
        do throws(Rejection) {
            guard header.kind == PeerMessageKind.hello.rawValue else {
                throw Rejection(.malformed, "expected a hello, not a message of kind \(header.kind)")
            }
            guard !self.isClosing else { throw Rejection(.closing, "the collector ends") }
            try self.welcome(try Self.hello(body), guest)
        } catch {
            self.tally.note(error.reason)
            self.logger.warning(
                "a peer was refused",
                metadata: [
                    "peer": "\(guest.certificate.identity)", "from": "\(guest.connection.address)",
                    "reason": "\(error.reason)", "message": "\(error.message)",
                ]
            )
            guest.connection.close(error.message, saying: .reject, error.encoded)
        }
    }

    private static func hello(_ body: ByteBuffer) throws(Rejection) -> Hello {
        do throws(GreetingFailure) { return try Hello(body.readableBytesSpan) } catch {
            switch error {
            case .version(let theirs):
                let ours = PeerProtocol.versions
                throw Rejection(
                    .version,
                    "expected a version of the peer protocol from \(ours.lowerBound) to \(ours.upperBound), not "
                        + "\(theirs.lowerBound) to \(theirs.upperBound)"
                )
            case .malformed(let failure): throw Rejection(.malformed, "the hello cannot be read: \(failure)")
            }
        }
    }

    private func welcome(_ hello: Hello, _ guest: Guest) throws(Rejection) {
        let own = self.membership.local
        let version = try hello.judge(
            certificate: guest.certificate.identity,
            local: self.local.greeting(epoch: own.epoch)
        )
        let caller = hello.greeting
        let standing = self.guests.values.count {
            $0.purpose != nil && $0.certificate.identity == guest.certificate.identity
        }
        guard standing < Self.connectionsPerPeerMax else {
            throw Rejection(.busy, "\(caller.identity) has \(standing) connections here already")
        }
        if hello.purpose == .control {
            guard hello.record?.node == caller.identity.node else {
                throw Rejection(.malformed, "expected the caller's own record on a control connection")
            }
            if let run = self.membership.run(of: caller.identity.node), run != caller.run {
                throw Rejection(
                    .duplicate,
                    "another process lives under the name \(caller.identity.node), known here by its connection"
                )
            }
        }
        let view = self.membership.view
        let window = self.window(for: hello.purpose, guest.certificate.identity.role)
        let welcome = Welcome(
            version: version,
            self.local.greeting(epoch: own.epoch),
            window: UInt64(window),
            view: view,
            known: hello.purpose == .control ? view.record(of: caller.identity.node) : nil
        )
        guest.connection.open(for: hello.purpose, window: window, memory: self.core.memory)
        guest.connection.send(.welcome, welcome.encoded)
        self.guests[ObjectIdentifier(guest.connection)]?.purpose = hello.purpose
        if hello.purpose == .data, let summary = self.credentials?.summary {
            guest.connection.send(.summary, summary.encoded)
        }
        if caller.identity.role == .agent {
            self.agents.connected(caller.identity.node, at: self.local.now())
        }
        if hello.purpose == .control {
            self.membership.accepted(PeerHandle(guest.connection, on: self.core.loop), hello)
        }
        self.publish()
    }

    private func window(for purpose: ConnectionPurpose, _ role: Role) -> Int {
        switch (purpose, role) {
        case (.replica, _): Self.replicaWindow
        case (_, .agent): Self.agentWindow
        default: Self.collectorWindow
        }
    }

    // MARK: - Frames

    private func takeFrame(_ header: PeerHeader, _ body: ByteBuffer, _ guest: Guest) {
        let connection = guest.connection
        guard let (frame, delivery) = self.frame(header, body, guest) else { return }
        let identity = guest.certificate.identity
        if identity.role == .agent, !self.runs.bind(frame.header.id.run, to: identity) {
            self.core.tally.note(.foreignRun)
            self.logger.warning(
                "a run comes under another certificate than before; is a data directory used twice?",
                metadata: ["agent": "\(identity)", "run": "\(frame.header.id.run.hex)"]
            )
        }
        if identity.role == .agent {
            let (items, bytes) = (frame.header.itemCount, frame.bytes.count)
            self.agents.received(identity.node, items: items, bytes: bytes, at: self.local.now())
        }
        let isForwarded = delivery.isForwarded && identity.role == .collector
        self.core.take(
            frame,
            floor: delivery.floor,
            isForwarded: isForwarded,
            .peer(connection, request: header.request)
        )
    }

    private func takeCopy(_ header: PeerHeader, _ body: ByteBuffer, _ guest: Guest) {
        guard let (frame, delivery) = self.frame(header, body, guest) else { return }
        self.core.takeCopy(frame, floor: delivery.floor, guest.connection, header.request)
    }

    /// Reads a frame and what stands before it; answers where it is none.
    private func frame(
        _ header: PeerHeader,
        _ body: ByteBuffer,
        _ guest: Guest
    ) -> (SealedFrame, Delivery)? {
        let outcome: Outcome
        do {
            let (delivery, start) = try Delivery.decoded(body.readableBytesSpan)
            let bytes = body.getBytes(at: body.readerIndex + start, length: body.readableBytes - start)
            return (try SealedFrame(checking: bytes ?? []), delivery)
        } catch FrameFailure.unknownVersion(let version, _) {
            // Whoever sent it keeps it, until somebody reads it.
            self.tally.note(.format)
            let own = FrameHeader.versions.upperBound
            outcome = Outcome(.refused, "expected a frame of version \(own) at most, not \(version)")
        } catch {
            outcome = Outcome(.damaged, "expected a whole frame: \(error)")
        }
        self.core.tally.note(outcome.verdict)
        if !guest.isKnownForDamage {
            self.guests[ObjectIdentifier(guest.connection)]?.isKnownForDamage = true
            self.logger.warning(
                "a message holds no frame that can be read; further ones are counted",
                metadata: ["peer": "\(guest.certificate.identity)", "reason": "\(outcome.message)"]
            )
        }
        guest.connection.send(.outcome, request: header.request, outcome.encoded)
        return nil
    }
}

/// Which agent each run came from first; so many runs are remembered.
private struct RunOwners {
    private static let runsMax = 65_536
    private var owners: [RunID: Identity] = [:]

    /// False where the run came from somebody else before.
    mutating func bind(_ run: RunID, to identity: Identity) -> Bool {
        if let known = self.owners[run] { return known == identity }
        if self.owners.count >= Self.runsMax { self.owners.removeAll() }
        self.owners[run] = identity
        return true
    }
}
