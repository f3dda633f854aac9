internal import COpenSSL

extension Certificate {
    /// What a new certificate says, and who signs it.
    struct Draft {
        /// Whose certificate it becomes; a private one where it signs itself.
        var key: PublicKey
        /// For people; the identity stands in the alternative names.
        var commonName: String
        /// How long it is valid, from an hour ago on: clocks of hosts differ.
        var seconds: Int
        /// In OpenSSL's configuration language, in order.
        var extensions: [(id: Int32, value: String)]
        /// Nil where it signs itself.
        var issuer: (certificate: Certificate, key: PrivateKey)?
    }

    /// Makes a certificate: version 3, P-256, SHA-256, a random serial number.
    convenience init(_ draft: Draft) throws(PKIFailure) {
        guard let pointer = unsafe X509_new() else { throw .openSSL("no certificate") }
        unsafe self.init(owning: pointer)
        let name = unsafe X509_get_subject_name(pointer)
        let isFilled =
            unsafe X509_set_version(pointer, 2) == 1
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, draft.commonName, -1, -1, 0) == 1
            && X509_gmtime_adj(X509_getm_notBefore(pointer), -3600) != nil
            && X509_gmtime_adj(X509_getm_notAfter(pointer), draft.seconds) != nil
            && X509_set_pubkey(pointer, draft.key.pointer) == 1
        guard isFilled else { throw .openSSL("a certificate could not be filled") }
        try unsafe Serial.draw(into: pointer)
        let issuer = draft.issuer?.certificate ?? self
        for (id, value) in draft.extensions { try self.add(id, value, issuer: issuer) }
        let key = draft.issuer?.key ?? draft.key
        guard unsafe X509_set_issuer_name(pointer, X509_get_subject_name(issuer.pointer)) == 1,
            unsafe X509_sign(pointer, key.pointer, EVP_sha256()) > 0
        else { throw .openSSL("a certificate could not be signed") }
    }

    private func add(_ id: Int32, _ value: String, issuer: Certificate) throws(PKIFailure) {
        var context = unsafe v3_ext_ctx()
        unsafe X509V3_set_ctx(&context, issuer.pointer, self.pointer, nil, nil, 0)
        guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, id, value) else {
            throw .openSSL("an extension could not be made of \"\(value)\"")
        }
        defer { unsafe X509_EXTENSION_free(made) }
        guard unsafe X509_add_ext(self.pointer, made, -1) == 1 else {
            throw .openSSL("an extension could not be added")
        }
    }
}
