package import NIOCore
package import PKI

/// What guards one door: its TLS, the tokens it knows, whether it is open to this machine, and what it refused.
///
/// May be asked from any thread.
package struct Gate: Sendable {
    /// Nil where the door speaks without TLS, which only ever listens on loopback.
    package let tls: DoorTLS?
    /// What was refused here.
    package let tally: AccessTally
    private let isOpen: Bool
    private let tokens: @Sendable () -> TokenTable
    private let now: @Sendable () -> Int64

    /// A gate.
    ///
    /// - Parameters:
    ///   - tls: What connections are encrypted with; nil for a door without.
    ///   - isOpen: Whether anybody of this machine may do everything but administer without a credential.
    ///   - tokens: The tokens that count at present.
    ///   - tally: Where refusals are counted; doors may share one.
    ///   - now: Seconds since the Unix epoch.
    package init(
        tls: DoorTLS?,
        isOpen: Bool,
        tokens: @escaping @Sendable () -> TokenTable,
        tally: AccessTally = AccessTally(),
        now: @escaping @Sendable () -> Int64
    ) {
        self.tls = tls
        self.isOpen = isOpen
        self.tokens = tokens
        self.tally = tally
        self.now = now
    }

    /// The gate of a door on loopback, without TLS and without tokens, open to everybody of this machine.
    package static var openLoopback: Gate {
        Gate(tls: nil, isOpen: true, tokens: { TokenTable() }, now: { 0 })
    }

    /// Puts TLS before the other handlers of a new connection, where the door has it; on the connection's event loop.
    ///
    /// - Returns: What is known of the connection.
    package func admit(
        _ channel: any Channel,
        speaking language: DoorTLS.Language
    ) throws -> DoorConnection {
        guard let tls = self.tls else { return DoorConnection(isLocal: true) }
        let connection = DoorConnection(isLocal: channel.remoteAddress?.isLoopback ?? false)
        try tls.install(on: channel, speaking: language, for: connection)
        return connection
    }

    /// Decides about a request; a refusal is counted.
    ///
    /// - Parameters:
    ///   - right: What is asked for.
    ///   - connection: From where.
    ///   - authorization: The value of the header of that name, as sent; nil for none.
    /// - Returns: Why it is refused; nil lets it in.
    package func refusal(
        of right: AccessRight,
        to connection: DoorConnection,
        authorization: String?
    ) -> AccessRefusal? {
        if right == .health { return nil }
        let refusal = AccessRule.refusal(
            of: right,
            to: self.caller(connection, authorization: authorization)
        )
        if let refusal { self.tally.note(refusal) }
        return refusal
    }

    private func caller(_ connection: DoorConnection, authorization: String?) -> AccessRule.Caller {
        let now = self.now()
        var caller = AccessRule.Caller(isAtOpenDoor: self.isOpen && connection.isLocal)
        if let tls = self.tls { caller.certificate = connection.certificate(by: tls.credentials, at: now) }
        if let authorization {
            // A good secret costs a digest, anything else no more.
            let scopes = Bearer.secret(authorization).flatMap { self.tokens().scopes(of: $0, at: now) }
            caller.bearer = scopes.map { .good($0) } ?? .bad
        }
        return caller
    }
}

/// The `Authorization` header of a token's bearer (RFC 6750, section 2.1).
enum Bearer {
    /// The secret; nil where the header says something else.
    static func secret(_ header: String) -> String? {
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1].drop { $0 == " " })
    }
}

extension SocketAddress {
    /// Whether it is of this machine.
    var isLoopback: Bool {
        guard let text = self.ipAddress else { return false }
        return text == "::1" || text.hasPrefix("127.") || text.hasPrefix("::ffff:127.")
    }
}
