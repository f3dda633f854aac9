package import NIOCore
internal import NIOSSL
package import PKI
internal import Synchronization

/// What a door's connections are encrypted with: TLS 1.3 by SwiftNIO SSL, with the process's own certificate.
///
/// A caller may show a certificate, which the cluster's authority must then have issued; one that is no good ends the
/// handshake. What is shown and trusted may be replaced at any time, for connections that come afterwards.
package final class DoorTLS: Sendable {
    /// What is spoken inside (RFC 7301).
    package enum Language: String, CaseIterable, Sendable {
        case http1 = "http/1.1"
        case http2 = "h2"
    }

    private struct State {
        var credentials: Credentials
        var names: Set<String>
        var http1: NIOSSLContext
        var http2: NIOSSLContext
    }

    private let state: Mutex<State>
    private let refusedCount = Atomic<UInt64>(0)
    private let now: @Sendable () -> Int64

    /// Reads key and certificates.
    ///
    /// - Parameters:
    ///   - credentials: The process's own; its certificate must be fit for a server.
    ///   - now: Seconds since the Unix epoch.
    /// - Throws: `PKIFailure` (`wrongPurpose`) where clients would not take the certificate for a server's; what
    ///   SwiftNIO SSL says of the key.
    package init(_ credentials: Credentials, now: @escaping @Sendable () -> Int64) throws {
        self.now = now
        try credentials.checkServer(at: now())
        self.state = Mutex(try Self.make(credentials))
    }

    /// Uses other credentials from now on.
    ///
    /// - Throws: As ``init(_:now:)`` does; the present ones stay then.
    package func replace(_ credentials: Credentials) throws { try self.prepare(credentials)() }

    /// Makes ready to use other credentials.
    ///
    /// A certificate that is shown already is not judged again: one that has ended keeps no newer revocation list away.
    ///
    /// - Returns: What uses them from now on.
    /// - Throws: As ``init(_:now:)`` does; the present ones stay then.
    package func prepare(_ credentials: Credentials) throws -> @Sendable () -> Void {
        if credentials.chain != self.credentials.chain { try credentials.checkServer(at: self.now()) }
        let state = try Self.make(credentials)
        return { self.state.withLock { $0 = state } }
    }

    /// Handshakes that failed because of the caller's certificate.
    package var refusedHandshakes: UInt64 { self.refusedCount.load(ordering: .relaxed) }

    /// The credentials in use.
    package var credentials: Credentials { self.state.withLock { $0.credentials } }

    /// Whether the certificate in use names a host, as a URL spells it without brackets.
    package func isNamed(_ host: String) -> Bool {
        let host = Self.canonical(host)
        return self.state.withLock { state in
            state.names.contains(host)
                || host.firstIndex(of: ".").map { state.names.contains("*" + host[$0...]) } ?? false
        }
    }

    /// Puts TLS at the head of a connection's handlers; to be called on its event loop.
    package func install(
        on channel: any Channel,
        speaking language: Language,
        for connection: DoorConnection
    ) throws {
        let (credentials, context) = self.state.withLock { state in
            (state.credentials, language == .http1 ? state.http1 : state.http2)
        }
        @Sendable func isGood(_ certificates: [NIOSSLCertificate]) -> Bool {
            do {
                let chain = try certificates.map { try $0.toDERBytes() }
                let peer = try credentials.verifier.verify(chain: chain, as: .client, at: self.now())
                connection.fill(peer, by: credentials)
                return true
            } catch {
                self.refusedCount.add(1, ordering: .relaxed)
                return false
            }
        }
        let handler = NIOSSLServerHandler(
            context: context,
            customVerificationCallback: { $1.succeed(isGood($0) ? .certificateVerified : .failed) }
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(handler)
        try pipeline.addHandler(ResumedSession(handler, connection, isGood: isGood))
    }

    private static func make(_ credentials: Credentials) throws -> State {
        let names = try credentials.names()
        return State(
            credentials: credentials,
            names: Set(names.map(Self.canonical)),
            http1: try self.context(credentials, .http1),
            http2: try self.context(credentials, .http2)
        )
    }

    /// One spelling for each name and each address.
    private static func canonical(_ name: String) -> String {
        (try? SocketAddress(ipAddress: name, port: 0))?.ipAddress ?? name.lowercased()
    }

    private static func context(_ credentials: Credentials, _ language: Language) throws -> NIOSSLContext {
        let certificates = try NIOSSLCertificate.fromPEMBytes(credentials.chain)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: credentials.key, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv13
        // Asks for a certificate; whether one that is shown counts is the verifier's word.
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(credentials.authorities))
        configuration.sendCANameList = true
        configuration.applicationProtocols = [language.rawValue]
        return try NIOSSLContext(configuration: configuration)
    }
}
