internal import COpenSSL

/// Whose certificate it is: a public key, or a private one, which holds its public one.
@safe class PublicKey {
    let pointer: OpaquePointer

    fileprivate init(owning pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// The key that a certificate is for.
    convenience init(of certificate: Certificate) throws(PKIFailure) {
        guard let pointer = unsafe X509_get_pubkey(certificate.pointer) else {
            throw .openSSL("the key of a certificate could not be read")
        }
        unsafe self.init(owning: pointer)
    }

    deinit { unsafe EVP_PKEY_free(self.pointer) }
}

/// A private key on P-256; its bytes leave only as PEM, and never into a log.
@safe final class PrivateKey: PublicKey {
    /// Draws a new key.
    static func make() throws(PKIFailure) -> PrivateKey {
        guard let pointer = unsafe neoscope_new_key() else { throw .openSSL("a key could not be made") }
        return unsafe PrivateKey(owning: pointer)
    }

    /// Reads a key without a password.
    convenience init(pem: [UInt8]) throws(PKIFailure) {
        let buffer = try MemoryBuffer(pem)
        guard let pointer = unsafe neoscope_read_key(buffer.pointer) else {
            throw .openSSL("expected a private key in PEM without a password")
        }
        unsafe self.init(owning: pointer)
    }

    /// PKCS #8, unencrypted; for a file that only its owner reads.
    func pem() throws(PKIFailure) -> [UInt8] {
        let buffer = try MemoryBuffer()
        guard unsafe neoscope_write_key(buffer.pointer, self.pointer) == 1 else {
            throw .openSSL("a key could not be written")
        }
        return buffer.bytes
    }
}
