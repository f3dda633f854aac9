/// Why a door refuses a request; the raw value is fit for a label of a metric.
package enum AccessRefusal: String, CaseIterable, Error, Sendable {
    /// Nothing was shown that tells who asks.
    case noCredential = "no_credential"
    /// A token was shown that is none, or is unknown, expired or revoked.
    case badToken = "bad_token"
    /// The certificate was good when the connection began, and is not any more.
    case badCertificate = "bad_certificate"
    /// The token lets its bearer do other things.
    case wrongScope = "wrong_scope"
    /// The certificate's role lets its holder do other things.
    case wrongRole = "wrong_role"

    /// Whether another credential is asked for (RFC 9110, section 15.5.2); it is known who asks otherwise.
    package var asksForCredential: Bool {
        switch self {
        case .noCredential, .badToken, .badCertificate: true
        case .wrongScope, .wrongRole: false
        }
    }

    /// What was expected, for whoever asked; it tells nothing of the credential.
    package func message(for right: AccessRight) -> String {
        switch self {
        case .noCredential: "expected a certificate of the cluster, or Authorization: Bearer TOKEN"
        case .badToken: "the token is unknown, expired or revoked"
        case .badCertificate: "the certificate has expired or was revoked"
        case .wrongScope: "the token's scope does not allow this; expected \(Self.expected(right))"
        case .wrongRole: "the certificate's role does not allow this; expected \(Self.expected(right))"
        }
    }

    private static func expected(_ right: AccessRight) -> String {
        switch right {
        case .health: "any credential"
        case .figures, .reading: "a token of scope read, or a certificate of an operator or a collector"
        case .writing: "a token of scope write, or a certificate"
        case .administration: "a certificate of an operator"
        }
    }
}
