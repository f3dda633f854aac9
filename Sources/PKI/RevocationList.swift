internal import COpenSSL

/// The signed list of serial numbers that count no more (RFC 5280, section 5).
@safe package final class RevocationList {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// Reads a PEM file.
    package convenience init(pem: [UInt8]) throws(PKIFailure) {
        let buffer = try MemoryBuffer(pem)
        guard let pointer = unsafe neoscope_read_list(buffer.pointer) else {
            throw .openSSL("expected a revocation list in PEM")
        }
        unsafe self.init(owning: pointer)
    }

    deinit { unsafe X509_CRL_free(self.pointer) }

    /// The list as PEM.
    package func pem() throws(PKIFailure) -> [UInt8] {
        let buffer = try MemoryBuffer()
        guard unsafe PEM_write_bio_X509_CRL(buffer.pointer, self.pointer) == 1 else {
            throw .openSSL("a revocation list could not be written")
        }
        return buffer.bytes
    }

    /// Counts up with each list; the higher one holds.
    package var number: UInt64 {
        guard
            let value = unsafe X509_CRL_get_ext_d2i(self.pointer, NID_crl_number, nil, nil)?
                .assumingMemoryBound(to: ASN1_INTEGER.self)
        else { return 0 }
        defer { unsafe ASN1_INTEGER_free(value) }
        var number: UInt64 = 0
        return unsafe ASN1_INTEGER_get_uint64(&number, value) == 1 ? number : 0
    }

    /// Seconds since the Unix epoch; an older list stays in force, and is told of.
    package var nextUpdate: Int64 { unsafe neoscope_seconds(X509_CRL_get0_nextUpdate(self.pointer)) }

    /// The serial numbers, sorted.
    package var serials: [String] {
        let count = unsafe neoscope_revoked_count(self.pointer)
        return (0..<count).map { unsafe Serial.text(neoscope_revoked_serial(self.pointer, $0)) }.sorted()
    }

    /// Whether an authority's key signed it.
    package func isSigned(by authority: Certificate) -> Bool {
        unsafe X509_CRL_verify(self.pointer, X509_get0_pubkey(authority.pointer)) == 1
    }

    /// Makes and signs a list.
    static func make(
        number: UInt64,
        revoked: [(serial: String, at: Int64)],
        days: Int,
        authority: Certificate,
        key: PrivateKey
    ) throws(PKIFailure) -> RevocationList {
        guard let pointer = unsafe X509_CRL_new() else { throw .openSSL("no revocation list") }
        let list = unsafe RevocationList(owning: pointer)
        let now = unsafe X509_gmtime_adj(nil, 0)
        let next = unsafe X509_gmtime_adj(nil, days * 86_400)
        defer {
            unsafe ASN1_TIME_free(now)
            unsafe ASN1_TIME_free(next)
        }
        let isFilled =
            unsafe X509_CRL_set_version(pointer, 1) == 1
            && X509_CRL_set_issuer_name(pointer, X509_get_subject_name(authority.pointer)) == 1
            && X509_CRL_set1_lastUpdate(pointer, now) == 1 && X509_CRL_set1_nextUpdate(pointer, next) == 1
        guard isFilled else { throw .openSSL("a revocation list could not be filled") }
        for (serial, time) in revoked { try list.add(serial, at: time) }
        guard let integer = unsafe ASN1_INTEGER_new() else { throw .openSSL("no number") }
        defer { unsafe ASN1_INTEGER_free(integer) }
        guard unsafe ASN1_INTEGER_set_uint64(integer, number) == 1,
            unsafe X509_CRL_add1_ext_i2d(pointer, NID_crl_number, integer, 0, 0) == 1,
            unsafe X509_CRL_sort(pointer) == 1, unsafe X509_CRL_sign(pointer, key.pointer, EVP_sha256()) > 0
        else { throw .openSSL("a revocation list could not be signed") }
        return list
    }

    private func add(_ serial: String, at seconds: Int64) throws(PKIFailure) {
        var number: OpaquePointer?
        guard unsafe BN_hex2bn(&number, serial) > 0, let number = unsafe number else {
            throw PKIFailure(.invalid, "expected a serial number in hexadecimal, not \"\(serial)\"")
        }
        defer { unsafe BN_free(number) }
        guard let integer = unsafe BN_to_ASN1_INTEGER(number, nil),
            let time = unsafe ASN1_TIME_set(nil, Int(seconds)),
            let entry = unsafe X509_REVOKED_new()
        else { throw .openSSL("no entry of a revocation list") }
        defer {
            unsafe ASN1_INTEGER_free(integer)
            unsafe ASN1_TIME_free(time)
        }
        guard unsafe X509_REVOKED_set_serialNumber(entry, integer) == 1,
            unsafe X509_REVOKED_set_revocationDate(entry, time) == 1,
            unsafe X509_CRL_add0_revoked(self.pointer, entry) == 1
        else {
            unsafe X509_REVOKED_free(entry)
            throw .openSSL("a serial number could not be revoked")
        }
    }
}
