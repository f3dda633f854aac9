package import Cluster
package import PKI

/// Who may do what; pure, and the only place where it is decided.
///
/// | who | may |
/// |---|---|
/// | anybody | health |
/// | anybody, at a door that is open to this machine | and figures, reading, writing |
/// | agent's certificate | health, figures, writing |
/// | collector's certificate | and reading |
/// | operator's certificate | everything |
/// | token of scope read | health, figures, reading |
/// | token of scope write | health, writing |
///
/// Who shows two credentials may do what either allows.
package enum AccessRule {
    /// What a request shows.
    package struct Caller: Equatable, Sendable {
        /// A certificate, as it was judged.
        package enum Certificate: Equatable, Sendable {
            case none
            /// It was good, and is not any more.
            case bad
            /// It is good, and of a role.
            case good(Role)
        }

        /// A token, as it was judged.
        package enum Bearer: Equatable, Sendable {
            case none
            /// It is none of ours, or does not count any more.
            case bad
            /// It is good, and of scopes.
            case good(Set<TokenScope>)
        }

        /// The connection's certificate.
        package var certificate: Certificate
        /// The request's token.
        package var bearer: Bearer
        /// Whether the door lets anybody of this machine in, and the request comes from there.
        package var isAtOpenDoor: Bool

        /// Who asks; without arguments, somebody who shows nothing at a door that is not open.
        package init(
            certificate: Certificate = .none,
            bearer: Bearer = .none,
            isAtOpenDoor: Bool = false
        ) {
            self.certificate = certificate
            self.bearer = bearer
            self.isAtOpenDoor = isAtOpenDoor
        }
    }

    /// Decides; nil lets the caller in.
    package static func refusal(of right: AccessRight, to caller: Caller) -> AccessRefusal? {
        if right == .health || caller.isAtOpenDoor && right != .administration { return nil }
        if case .good(let role) = caller.certificate, Self.allows(role, right) { return nil }
        if case .good(let scopes) = caller.bearer, scopes.contains(where: { Self.allows($0, right) }) {
            return nil
        }
        // What was shown last, and is nearest to the request, is named first.
        switch (caller.bearer, caller.certificate) {
        case (.bad, _): return .badToken
        case (.good, _): return .wrongScope
        case (.none, .bad): return .badCertificate
        case (.none, .good): return .wrongRole
        case (.none, .none): return .noCredential
        }
    }

    private static func allows(_ role: Role, _ right: AccessRight) -> Bool {
        switch role {
        case .operator: true
        case .collector: right != .administration
        case .agent: right == .figures || right == .writing
        }
    }

    private static func allows(_ scope: TokenScope, _ right: AccessRight) -> Bool {
        switch scope {
        case .read: right == .figures || right == .reading
        case .write: right == .writing
        }
    }
}
