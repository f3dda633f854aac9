internal import COpenSSL

/// Why a certificate could not be made, read or changed.
package struct PKIFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package enum Code: String, Sendable {
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
