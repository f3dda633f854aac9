package import Cluster
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// Who the other side of a connection is, as its certificate says.
package struct PeerCertificate: Equatable, Sendable {
    /// Role and name.
    package var identity: Identity
    /// The leaf's and its issuers' bytes (DER), to be judged again when the rules change.
    package var chain: [[UInt8]]

    /// What a verified chain says.
    package init(identity: Identity, chain: [[UInt8]]) {
        self.identity = identity
        self.chain = chain
    }
}

/// What this side of a connection is to the other.
package enum PeerSide: Sendable {
    /// It called.
    case client
    /// It was called.
    case server
}

/// What a process shows its peers, and how it judges them; both can be replaced while connections stand.
///
/// TLS 1.3 alone, by SwiftNIO SSL; the chain of every peer is judged by the function given, which sees everything the
/// peer sent and nothing that SwiftNIO SSL thinks of it.
package final class PeerTLS: Sendable {
    /// Judges a chain, leaf first; gives who it is, or throws the reason.
    package typealias Judge = @Sendable (_ chain: [[UInt8]], _ peerIs: PeerSide) throws -> Identity

    private struct State {
        var server: NIOSSLContext
        var client: NIOSSLContext
        var judge: Judge
        var generation: UInt64 = 0
    }

    private let state: Mutex<State>
    private let refusedState = Mutex<(count: UInt64, last: String)>((0, ""))

    /// Reads key and certificates.
    ///
    /// - Parameters:
    ///   - chain: PEM; the own certificate first.
    ///   - key: PEM.
    ///   - authorities: PEM; told to callers, so that they can choose a certificate.
    ///   - judge: Judges peers; called on event loops.
    /// - Throws: What SwiftNIO SSL says of key or certificates.
    package init(chain: [UInt8], key: [UInt8], authorities: [UInt8], judge: @escaping Judge) throws {
        self.state = Mutex(try Self.make(chain, key, authorities, judge))
    }

    /// Uses other material from now on; connections that stand keep theirs.
    package func replace(
        chain: [UInt8],
        key: [UInt8],
        authorities: [UInt8],
        judge: @escaping Judge
    ) throws {
        try self.prepare(chain: chain, key: key, authorities: authorities, judge: judge)()
    }

    /// Makes ready to use other material.
    ///
    /// - Returns: What uses it from now on, as ``replace(chain:key:authorities:judge:)`` does.
    /// - Throws: What SwiftNIO SSL says of key or certificates; the present ones stay then.
    package func prepare(
        chain: [UInt8],
        key: [UInt8],
        authorities: [UInt8],
        judge: @escaping Judge
    ) throws -> @Sendable () -> Void {
        let prepared = try Self.make(chain, key, authorities, judge)
        return {
            self.state.withLock { state in
                var new = prepared
                new.generation = state.generation + 1
                state = new
            }
        }
    }

    /// How often the material was replaced.
    var generation: UInt64 { self.state.withLock { $0.generation } }

    /// Handshakes that failed because of the peer's certificate, and why the last one did.
    package var refused: (count: UInt64, last: String) { self.refusedState.withLock { $0 } }

    /// Judges again what was judged before.
    ///
    /// - Returns: The reason why it counts no more; nil where it does.
    package func objection(to certificate: PeerCertificate, whoIs side: PeerSide) -> String? {
        let judge = self.state.withLock { $0.judge }
        do {
            return try judge(certificate.chain, side) == certificate.identity ? nil : "another identity"
        } catch { return "\(error)" }
    }

    private static func make(
        _ chain: [UInt8],
        _ key: [UInt8],
        _ authorities: [UInt8],
        _ judge: @escaping Judge
    ) throws -> State {
        let certificates = try NIOSSLCertificate.fromPEMBytes(chain)
        let privateKey = try NIOSSLPrivateKey(bytes: key, format: .pem)
        var server = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        server.minimumTLSVersion = .tlsv13
        // Requires a certificate; whether it counts is the judge's word.
        server.certificateVerification = .noHostnameVerification
        server.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
        server.sendCANameList = true
        // Who is told to go and stays is cut off so soon.
        server.shutdownTimeout = .seconds(1)
        var client = TLSConfiguration.makeClientConfiguration()
        client.minimumTLSVersion = .tlsv13
        client.certificateVerification = .noHostnameVerification
        client.trustRoots = server.trustRoots
        client.certificateChain = server.certificateChain
        client.privateKey = server.privateKey
        client.shutdownTimeout = server.shutdownTimeout
        return State(
            server: try NIOSSLContext(configuration: server),
            client: try NIOSSLContext(configuration: client),
            judge: judge
        )
    }

    /// Puts TLS at the head of a connection's handlers.
    func install(on channel: any Channel, as side: PeerSide, _ peer: PeerBox) throws {
        let (server, client) = self.state.withLock { ($0.server, $0.client) }
        let box = NIOLoopBound(peer, eventLoop: channel.eventLoop)
        let other: PeerSide = side == .server ? .client : .server
        func verify(
            _ certificates: [NIOSSLCertificate],
            _ promise: EventLoopPromise<NIOSSLVerificationResult>
        ) {
            do {
                let (judge, generation) = self.state.withLock { ($0.judge, $0.generation) }
                let chain = try certificates.map { try $0.toDERBytes() }
                box.value.generation = generation
                box.value.certificate = PeerCertificate(identity: try judge(chain, other), chain: chain)
                promise.succeed(.certificateVerified)
            } catch {
                box.value.objection = "\(error)"
                self.noteRefusal("\(error)")
                promise.succeed(.failed)
            }
        }
        let pipeline = channel.pipeline.syncOperations
        switch side {
        case .server:
            try pipeline.addHandler(NIOSSLServerHandler(context: server, customVerificationCallback: verify))
        case .client:
            try pipeline.addHandler(
                try NIOSSLClientHandler(
                    context: client,
                    serverHostname: nil,
                    customVerificationCallback: verify
                )
            )
        }
    }

    func noteRefusal(_ reason: String) {
        self.refusedState.withLock { state in state = (state.count + 1, reason) }
    }
}

/// What the handshake found out about the other side; belongs to the connection's event loop.
final class PeerBox {
    var certificate: PeerCertificate?
    /// How often the rules had been replaced when it was judged.
    var generation: UInt64 = 0
    var objection: String?
}
