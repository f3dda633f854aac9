package import Cluster
internal import Glibc
package import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import Telemetry

/// What a connection tells whoever owns it; everything on the connection's event loop.
package protocol PeerConnectionOwner: AnyObject {
    /// TLS stands; a caller says hello now.
    func secured(_ connection: PeerConnection)

    /// A message came, other than the signs of life.
    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection)

    /// The connection is closed; called once, also where it never stood.
    func closed(_ connection: PeerConnection, because reason: String)
}

/// One connection of the peer protocol: frames messages, bounds them, and keeps the connection alive.
///
/// Belongs to its event loop. Once either side has said that it closes, nothing that comes is handed on.
package final class PeerConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Bounds and times of every connection.
    package struct Limits: Sendable {
        /// From the connection's begin to its welcome.
        package var greetingTimeout = TimeAmount.seconds(10)
        /// A side that has nothing to say shows so often that it lives.
        package var pingInterval = TimeAmount.seconds(2)
        /// A side that showed nothing for so long is given up.
        package var silenceMax = TimeAmount.seconds(10)
        /// A side that does not read gets no more than so many bytes ahead: a window of frames, and the largest frame.
        package var pendingBytesMax = 128 << 20

        /// The bounds of the product.
        package init() {}
    }

    /// Who it was called by, or calls: as text for logs.
    package let address: String
    /// Whether this side called.
    package let side: PeerSide
    /// What the other side may send in one message; changes with the greeting.
    package internal(set) var bodyBytesMax: Int
    /// What the certificate says; nil before TLS stands.
    package var certificate: PeerCertificate? { self.box.certificate }
    /// Whether both sides have greeted.
    package private(set) var isOpen = false
    /// What the other side did that ended the connection; nil where it did nothing wrong.
    package internal(set) var offence: Rejection.Reason?

    /// Hears that both sides have greeted.
    var greeted: (() -> Void)?
    let loop: any EventLoop
    let limits: Limits
    private let box = PeerBox()
    private var tls: PeerTLS?
    weak var owner: (any PeerConnectionOwner)?
    var context: ChannelHandlerContext?
    var inbound = ByteBuffer()
    var outbound = ByteBuffer()
    var isFlushScheduled = false
    var isPumping = false
    var isClosed = false
    /// Why it closes; nothing is sent or taken any more.
    var closeReason: String?
    /// Bytes that the system did not take yet.
    var pendingBytes = 0
    var parts = PartQueue()
    /// What all connections of the process hold; nil where this one does not count.
    private(set) var memory: PeerMemory?
    /// Frames that the other side sent and that are not answered.
    var window: ReceiveWindow?
    var lastReceived: NIODeadline
    var lastSent: NIODeadline
    private var timer: Scheduled<Void>?

    init(
        _ side: PeerSide,
        address: String,
        on loop: any EventLoop,
        owner: any PeerConnectionOwner,
        limits: Limits
    ) {
        self.side = side
        self.address = address
        self.loop = loop
        self.owner = owner
        self.limits = limits
        self.lastReceived = loop.now
        self.lastSent = loop.now
        self.bodyBytesMax = side == .server ? PeerProtocol.helloBytesMax : PeerProtocol.welcomeBytesMax
    }

    /// Puts TLS and the connection into a channel; on its event loop.
    ///
    /// - Throws: Where the connection was closed meanwhile, or what SwiftNIO SSL says.
    func install(on channel: any Channel, _ tls: PeerTLS) throws {
        guard !self.isClosed, self.closeReason == nil else { throw ChannelError.alreadyClosed }
        self.tls = tls
        try tls.install(on: channel, as: self.side, self.box)
        try channel.pipeline.syncOperations.addHandler(self)
    }

    /// Both sides have greeted: only messages of the purpose's size are taken from now on.
    ///
    /// - Parameters:
    ///   - purpose: What it is for.
    ///   - window: Bytes of frames that the other side may send unanswered; nil where it sends none.
    package func open(for purpose: ConnectionPurpose, window: Int? = nil) {
        self.open(for: purpose, window: window, memory: nil)
    }

    /// The same, where what it holds counts together with others.
    func open(for purpose: ConnectionPurpose, window: Int?, memory: PeerMemory?) {
        self.memory = memory
        self.isOpen = true
        self.greeted?()
        self.greeted = nil
        self.bodyBytesMax = purpose.bodyBytesMax
        self.window = window.map { ReceiveWindow(bytes: $0) }
        self.timer?.cancel()
        self.scheduleCheck(after: self.limits.pingInterval)
    }

    // MARK: - Life

    /// The channel begins: so does the time for the greeting.
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.scheduleCheck(after: self.limits.greetingTimeout)
    }

    /// The channel is gone.
    package func handlerRemoved(context: ChannelHandlerContext) { self.end("the connection ended") }

    /// The channel is closed.
    package func channelInactive(context: ChannelHandlerContext) {
        self.end("the connection ended")
        context.fireChannelInactive()
    }

    /// Hears that TLS stands.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            // A session that was resumed brings no certificate along: nobody resumes here.
            guard let certificate = self.certificate else {
                return self.fail("the peer showed no certificate", as: .certificate)
            }
            // What was judged by rules that were replaced since is judged again.
            if let tls = self.tls, tls.generation != self.box.generation,
                let objection = tls.objection(
                    to: certificate,
                    whoIs: self.side == .server ? .client : .server
                )
            {
                tls.noteRefusal(objection)
                return self.fail("certificate refused: \(objection)", as: .certificate)
            }
            self.owner?.secured(self)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes, and keeps the reason.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let objection = self.box.objection {
            self.fail("certificate refused: \(objection)", as: .certificate)
        } else if self.certificate == nil, error is NIOSSLError || error is BoringSSLError {
            let text = "\(error)"
            let isAboutCertificate = text.contains("CERTIFICATE")
            self.fail(text, as: isAboutCertificate ? .certificate : .malformed)
        } else if self.isOpen, (error as? IOError)?.errnoCode == ETIMEDOUT {
            // TCP gave it up: where bytes wait for it, it does not read them; else it is gone.
            self.fail("\(error)", as: self.pendingBytes > 0 ? .slow : .silent)
        } else {
            self.fail("\(error)")
        }
    }

    private func scheduleCheck(after delay: TimeAmount) {
        let connection = NIOLoopBound(self, eventLoop: self.loop)
        self.timer = self.loop.scheduleTask(in: delay) { connection.value.check() }
    }

    private func check() {
        guard !self.isClosed else { return }
        guard self.isOpen else { return self.fail("no greeting within the time for it", as: .silent) }
        let now = self.loop.now
        guard now - self.lastReceived < self.limits.silenceMax else {
            return self.fail("the other side shows no sign of life", as: .silent)
        }
        if now - self.lastSent >= self.limits.pingInterval { self.send(.ping) }
        self.scheduleCheck(after: self.limits.pingInterval)
    }

    /// Closes without a word.
    func fail(_ reason: String, as offence: Rejection.Reason? = nil) {
        if self.closeReason == nil {
            self.closeReason = reason
            self.offence = offence
        }
        self.inbound = ByteBuffer()
        self.parts = PartQueue()
        self.memory?.hold(0, for: self)
        self.context?.close(promise: nil)
    }

    /// Tells the owner, on a later turn of the loop, that the connection could not even be tried.
    func neverStood(_ reason: String) {
        let connection = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.execute { connection.value.end(reason) }
    }

    private func end(_ reason: String) {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.timer?.cancel()
        self.context = nil
        self.inbound = ByteBuffer()
        self.outbound = ByteBuffer()
        self.parts = PartQueue()
        self.memory?.hold(0, for: self)
        self.memory = nil
        let owner = self.owner
        self.owner = nil
        owner?.closed(self, because: self.closeReason ?? reason)
    }
}
