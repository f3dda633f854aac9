internal import COpenSSL
package import Cluster

/// An X.509 certificate and what it says.
@safe package final class Certificate {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// Reads the first certificate of a PEM file.
    package convenience init(pem: [UInt8]) throws(PKIFailure) {
        let buffer = try MemoryBuffer(pem)
        guard let pointer = unsafe neoscope_read_certificate(buffer.pointer) else {
            throw .openSSL("expected a certificate in PEM")
        }
        unsafe self.init(owning: pointer)
    }

    deinit { unsafe X509_free(self.pointer) }

    /// The certificate as PEM.
    package func pem() throws(PKIFailure) -> [UInt8] {
        let buffer = try MemoryBuffer()
        guard unsafe PEM_write_bio_X509(buffer.pointer, self.pointer) == 1 else {
            throw .openSSL("a certificate could not be written")
        }
        return buffer.bytes
    }

    /// Lower-case hexadecimal digits.
    package var serial: String { unsafe Serial.text(X509_get0_serialNumber(self.pointer)) }

    /// Seconds since the Unix epoch; before it the certificate is not valid yet.
    package var notBefore: Int64 { unsafe neoscope_seconds(X509_get0_notBefore(self.pointer)) }

    /// Seconds since the Unix epoch; after it the certificate is not valid any more.
    package var notAfter: Int64 { unsafe neoscope_seconds(X509_get0_notAfter(self.pointer)) }

    /// The name it was made for, as one line.
    package var subject: String { unsafe Self.line(X509_get_subject_name(self.pointer)) }

    /// Who may sign others with it.
    package var isAuthority: Bool { unsafe X509_check_ca(self.pointer) > 0 }

    /// Who holds it; nil where no alternative name says so.
    package var identity: Identity? { self.names.uris.lazy.compactMap { Identity(uri: $0) }.first }

    /// The id of the cluster whose authority it is: `neoscope://cluster/ID`; nil where no name says so.
    package var cluster: String? {
        let prefix = "neoscope://cluster/"
        return self.names.uris.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    /// The alternative names.
    package var names: Names {
        guard let list = unsafe neoscope_names(self.pointer) else { return Names() }
        defer { unsafe neoscope_names_free(list) }
        var names = Names()
        let count = unsafe neoscope_names_count(list)
        for index in 0..<count {
            var bytes: UnsafePointer<UInt8>?
            var length: Int32 = 0
            let kind = unsafe neoscope_name(list, index, &bytes, &length)
            let content = unsafe UnsafeBufferPointer(start: bytes, count: Int(length)).map { $0 }
            let text = String(decoding: content, as: UTF8.self)
            switch kind {
            case GEN_URI: names.uris.append(text)
            case GEN_DNS: names.dns.append(text)
            case GEN_IPADD: names.addresses.append(content)
            default: break
            }
        }
        return names
    }

    /// Alternative names by kind.
    package struct Names: Equatable, Sendable {
        package var uris: [String] = []
        package var dns: [String] = []
        /// Four or sixteen bytes each.
        package var addresses: [[UInt8]] = []
    }

    /// Whether this certificate's key signed another.
    package func signed(_ other: Certificate) -> Bool {
        unsafe X509_verify(other.pointer, X509_get0_pubkey(self.pointer)) == 1
    }

    static func line(_ name: OpaquePointer?) -> String {
        guard let buffer = try? MemoryBuffer(), let name = unsafe name else { return "" }
        guard unsafe X509_NAME_print_ex(buffer.pointer, name, 0, neoscope_one_line) >= 0 else { return "" }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}

/// Serial numbers: 128 random bits, so that no two authorities or runs need to agree.
enum Serial {
    static func text(_ number: UnsafePointer<ASN1_INTEGER>?) -> String {
        guard let number = unsafe number, let large = unsafe ASN1_INTEGER_to_BN(number, nil) else {
            return ""
        }
        defer { unsafe BN_free(large) }
        guard let digits = unsafe BN_bn2hex(large) else { return "" }
        defer { unsafe CRYPTO_free(digits, nil, 0) }
        return unsafe String(cString: digits).lowercased()
    }

    /// A number as people copy it, spelled as ``text(_:)`` does; nil where it is none.
    ///
    /// Upper-case digits, colons between bytes and leading zeros are theirs; 20 bytes are the most that there are.
    static func read(_ text: String) -> String? {
        let digits = text.lowercased().filter { $0 != ":" }.drop { $0 == "0" }
        let isNumber = (1...40).contains(digits.count) && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
        return isNumber ? (digits.count.isMultiple(of: 2) ? "" : "0") + digits : nil
    }

    /// Draws one into a certificate.
    static func draw(into certificate: OpaquePointer) throws(PKIFailure) {
        guard let number = unsafe BN_new() else { throw .openSSL("no number") }
        defer { unsafe BN_free(number) }
        guard unsafe BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1,
            unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
        else { throw .openSSL("no serial number could be drawn") }
    }
}
