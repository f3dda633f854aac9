internal import COpenSSL

extension Certificate {
    /// Bytes of the longest certificate that is read in DER.
    package static let bytesMax = 64 * 1024

    /// Reads a certificate in DER, as a handshake carries it: all bytes, and no more.
    ///
    /// - Throws: `malformed`.
    package convenience init(der: [UInt8]) throws(PKIFailure) {
        guard (1...Self.bytesMax).contains(der.count) else {
            throw PKIFailure(
                .malformed,
                "expected a certificate of 1 to \(Self.bytesMax) bytes in DER, not of \(der.count)"
            )
        }
        var rest = 0
        guard let pointer = unsafe neoscope_decode_certificate(der, der.count, &rest) else {
            ERR_clear_error()
            throw PKIFailure(
                .malformed,
                "expected a certificate in DER, not \(der.count) bytes of something else"
            )
        }
        unsafe self.init(owning: pointer)
        guard rest == 0 else {
            throw PKIFailure(.malformed, "\(rest) bytes follow a certificate")
        }
    }

    /// The certificate in DER.
    package func der() throws(PKIFailure) -> [UInt8] {
        let count = unsafe i2d_X509(self.pointer, nil)
        guard count > 0 else { throw .openSSL("a certificate could not be written") }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            return unsafe i2d_X509(self.pointer, &next)
        }
        guard written == count else { throw .openSSL("a certificate could not be written") }
        return bytes
    }

    /// Reads every certificate of a PEM file, in order; other blocks in it are passed over.
    ///
    /// - Throws: `openSSL` where there is none, or where one is damaged.
    package static func all(pem: [UInt8]) throws(PKIFailure) -> [Certificate] {
        let buffer = try MemoryBuffer(pem)
        var certificates: [Certificate] = []
        while let pointer = unsafe neoscope_read_certificate(buffer.pointer) {
            certificates.append(unsafe Certificate(owning: pointer))
        }
        try PKIFailure.checkEndOfPEM(certificates.count, "certificate")
        return certificates
    }

    /// Whether a private key is the one that this certificate is for.
    func fits(_ key: PrivateKey) -> Bool {
        defer { ERR_clear_error() }
        return unsafe X509_check_private_key(self.pointer, key.pointer) == 1
    }
}

extension RevocationList {
    /// Reads every list of a PEM file, in order; other blocks in it are passed over.
    ///
    /// - Throws: `openSSL` where there is none, or where one is damaged.
    package static func all(pem: [UInt8]) throws(PKIFailure) -> [RevocationList] {
        let buffer = try MemoryBuffer(pem)
        var lists: [RevocationList] = []
        while let pointer = unsafe neoscope_read_list(buffer.pointer) {
            lists.append(unsafe RevocationList(owning: pointer))
        }
        try PKIFailure.checkEndOfPEM(lists.count, "revocation list")
        return lists
    }
}

extension PKIFailure {
    /// Tells the end of a PEM file, with at least one block read, from a block that is damaged.
    static func checkEndOfPEM(_ count: Int, _ what: String) throws(PKIFailure) {
        let isEnd = neoscope_is_end_of_pem() == 1
        guard isEnd, count > 0 else { throw .openSSL("expected a \(what) in PEM after \(count) of them") }
        ERR_clear_error()
    }
}
