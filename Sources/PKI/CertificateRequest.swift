package import Cluster

/// What a certificate is to say.
package struct CertificateRequest: Equatable, Sendable {
    /// Who holds it.
    package var identity: Identity
    /// Host names under which the holder is reached; nodes need them, and agents whose doors speak TLS.
    package var dns: [String]
    /// IP addresses in text.
    package var addresses: [String]
    /// How long it is valid: 1 to 3650.
    package var days: Int

    /// A request; days as given in the configuration of the authority's owner.
    package init(_ identity: Identity, dns: [String] = [], addresses: [String] = [], days: Int = 365) {
        self.identity = identity
        self.dns = dns
        self.addresses = addresses
        self.days = days
    }

    /// Whether clients may take the holder for a server: a node, or an agent that is reached under a name.
    ///
    /// It makes nobody a node: who calls one looks at the role too.
    var isForServer: Bool {
        switch self.identity.role {
        case .collector: true
        case .agent: !self.dns.isEmpty || !self.addresses.isEmpty
        case .operator: false
        }
    }

    /// Checks what OpenSSL would take for something else.
    ///
    /// - Throws: `invalid` with the value at fault.
    func check() throws(PKIFailure) {
        guard (1...3650).contains(self.days) else {
            throw PKIFailure(.invalid, "expected 1 to 3650 days, not \(self.days)")
        }
        for name in self.dns {
            let isName = (1...253).contains(name.utf8.count) && name.utf8.allSatisfy(Self.isHostCharacter)
            guard isName else { throw PKIFailure(.invalid, "expected a host name, not \"\(name)\"") }
        }
        for address in self.addresses {
            let isAddress =
                (2...45).contains(address.utf8.count) && address.utf8.allSatisfy(Self.isAddressCharacter)
            guard isAddress else { throw PKIFailure(.invalid, "expected an IP address, not \"\(address)\"") }
        }
    }

    /// As OpenSSL's configuration language spells alternative names.
    var alternativeNames: String {
        (["URI:" + self.identity.uri] + self.dns.map { "DNS:" + $0 } + self.addresses.map { "IP:" + $0 })
            .joined(separator: ",")
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x41...0x5a, 0x30...0x39, 0x2d, 0x2e, 0x2a: true
        default: false
        }
    }

    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x66, 0x41...0x46, 0x30...0x39, 0x2e, 0x3a: true
        default: false
        }
    }
}
