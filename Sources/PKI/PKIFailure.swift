internal import COpenSSL

/// Why a certificate, a list or a token could not be made, read or changed, or why a peer is not let in.
package struct PKIFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure; the raw value is fit for a label of a metric.
    package enum Code: String, CaseIterable, Sendable {
        /// A name, a role or a number that makes no sense.
        case invalid
        /// What was asked for is not there.
        case notFound = "not_found"
        /// It is there already.
        case exists
        /// A file could not be read or written.
        case file
        /// OpenSSL refused.
        case openSSL = "openssl"
        /// Its time is over.
        case expired
        /// Its time has not come.
        case notYetValid = "not_yet_valid"
        /// The revocation list names it.
        case revoked
        /// No authority that is trusted signed it.
        case unknownAuthority = "unknown_authority"
        /// It was made to let its holder in elsewhere, not here: an agent's certificate at a server's end.
        case wrongPurpose = "wrong_purpose"
        /// Its holder may do other things, not this one.
        case wrongRole = "wrong_role"
        /// Its holder is another one than was expected.
        case wrongIdentity = "wrong_identity"
        /// It belongs to another cluster.
        case wrongCluster = "wrong_cluster"
        /// It does not say who holds it, or says it twice.
        case noIdentity = "no_identity"
        /// The revocation list in use is not by the authority that signed it, so nothing is known of it.
        case noList = "no_list"
        /// The revocation list is older than the one in force.
        case olderList = "older_list"
        /// Key and certificate do not belong together.
        case mismatch
        /// It is no certificate, or one that breaks the rules of RFC 5280.
        case malformed
    }

    /// The kind.
    package var code: Code
    /// What was expected and what came, for people; never holds a key.
    package var message: String

    /// A failure of a kind, with its words.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    /// What OpenSSL's queue of errors says about the last call; the queue is empty afterwards.
    static func openSSL(_ what: String) -> PKIFailure {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            var buffer = [CChar](repeating: 0, count: 256)
            unsafe ERR_error_string_n(code, &buffer, buffer.count)
            reasons.append(
                String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            )
        }
        return PKIFailure(.openSSL, reasons.isEmpty ? what : "\(what): \(reasons.joined(separator: "; "))")
    }
}
