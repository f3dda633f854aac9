package import Cluster
package import NIOCore
internal import Telemetry

/// What a link tells whoever uses it; everything on the link's event loop.
package protocol PeerLinkUser: AnyObject {
    /// The other side welcomed this one.
    func opened(_ link: PeerLink, _ welcome: Welcome)

    /// A message came.
    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink)

    /// The link is closed, or could not be opened; called once.
    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?)
}

/// One connection that this side opens: dials, greets, and hands over what comes.
///
/// Belongs to its event loop; used once.
package final class PeerLink: PeerConnectionOwner {
    /// What it is for.
    package let purpose: ConnectionPurpose
    /// Where it goes.
    package let address: String
    /// Whom it reaches, once both sides have greeted; before that whom it is meant for, nil where anybody will do.
    package private(set) var node: NodeID?
    /// The open connection; nil before and after.
    package private(set) var connection: PeerConnection?

    /// Whether somebody is met already, so that nothing is said to it over this link.
    private let isMet: (NodeID) -> Bool
    /// What is said first; nil where nothing is to be said any more.
    private let hello: () -> Hello?
    private var cluster = ""
    private weak var user: (any PeerLinkUser)?
    private var dialed: PeerConnection?
    private var rejection: Rejection?
    private var problem: String?

    /// A link that is not dialed yet.
    ///
    /// - Parameters:
    ///   - purpose: What it is for.
    ///   - node: Whom it is meant for; nil where anybody will do who is not met already.
    ///   - address: Where it goes.
    ///   - user: Hears what comes; held weakly.
    ///   - isMet: Asked where anybody will do, with the name in the other side's certificate.
    ///   - hello: What is said first; nil where nothing is to be said any more.
    package init(
        _ purpose: ConnectionPurpose,
        to node: NodeID?,
        at address: String,
        user: any PeerLinkUser,
        isMet: @escaping (NodeID) -> Bool = { _ in false },
        hello: @escaping () -> Hello?
    ) {
        self.purpose = purpose
        self.node = node
        self.address = address
        self.user = user
        self.isMet = isMet
        self.hello = hello
    }

    /// Begins to connect; the user hears of the end in any case.
    package func dial(_ dialer: PeerDialer, on loop: any EventLoop) {
        self.dialed = dialer.dial(self.address, on: loop, owner: self)
    }

    /// Closes the link; the user hears of it.
    package func close(_ reason: String) { self.dialed?.close(reason) }

    /// Closes the link where the other side's certificate counts no more.
    func judgeAgain(_ tls: PeerTLS) {
        guard let certificate = self.dialed?.certificate,
            let objection = tls.objection(to: certificate, whoIs: .server)
        else { return }
        self.close("your certificate counts no more: \(objection)")
    }

    /// Says hello.
    package func secured(_ connection: PeerConnection) {
        // A second connection would take the place of the first, which is as good.
        if self.node == nil, let node = connection.certificate?.identity.node, self.isMet(node) {
            return connection.close("\(node) is met already")
        }
        guard let hello = self.hello() else { return connection.close("the process ends") }
        self.cluster = hello.greeting.cluster
        connection.send(.hello, hello.encoded)
    }

    /// Takes the answer to the hello, and hands on everything behind it.
    package func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {
        guard self.connection == nil else {
            self.user?.received(header, body, over: self)
            return
        }
        switch PeerMessageKind(rawValue: header.kind) {
        case .welcome:
            do throws(WireFailure) {
                self.take(try Welcome(body.readableBytesSpan), connection)
            } catch {
                self.problem = "the welcome cannot be read: \(error)"
                connection.close("malformed welcome")
            }
        case .reject:
            self.rejection =
                (try? Rejection(body.readableBytesSpan))
                ?? Rejection(.malformed, "the rejection cannot be read")
            connection.close("rejected")
        default: connection.close("expected a welcome")
        }
    }

    /// Takes a welcome of whom it should come from.
    private func take(_ welcome: Welcome, _ connection: PeerConnection) {
        let greeting = welcome.greeting
        guard greeting.identity == connection.certificate?.identity, greeting.identity.role == .collector
        else {
            self.problem =
                "the certificate is for \(connection.certificate?.identity.description ?? "nobody"), "
                + "the welcome says \(greeting.identity)"
            return connection.close("another identity than the certificate's")
        }
        guard greeting.cluster == self.cluster else {
            self.problem = "expected cluster \(self.cluster) at \(self.address), not \(greeting.cluster)"
            return connection.close("expected cluster \(self.cluster)")
        }
        if let node = self.node, node != greeting.identity.node {
            self.problem = "expected \(node) at \(self.address), not \(greeting.identity.node)"
            return connection.close("expected \(node)")
        }
        guard PeerProtocol.versions.contains(welcome.version) else {
            self.problem = "the other side chose version \(welcome.version), which this one does not speak"
            return connection.close("version \(welcome.version) was not offered")
        }
        self.node = greeting.identity.node
        self.connection = connection
        connection.open(for: self.purpose)
        self.user?.opened(self, welcome)
    }

    /// Tells the user why.
    package func closed(_ connection: PeerConnection, because reason: String) {
        self.connection = nil
        self.dialed = nil
        let text = self.rejection.map { "refused: \($0.message)" } ?? self.problem ?? reason
        self.user?.ended(self, because: text, self.rejection)
        self.user = nil
    }
}
