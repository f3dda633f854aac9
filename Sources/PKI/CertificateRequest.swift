package import Cluster
internal import Foundation

/// What a certificate is to say.
package struct CertificateRequest: Equatable, Sendable {
    /// Who holds it.
    package var identity: Identity
    /// Host names under which the holder is reached; a node needs one or an address, and so do agents whose doors speak TLS.
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

    /// Checks that the holder can be reached under the names, and that there are some where it has to be reached.
    ///
    /// - Throws: `invalid` with the value at fault.
    func check() throws(PKIFailure) {
        try self.checkDays()
        try self.checkNames()
        guard self.identity.role != .collector || !self.dns.isEmpty || !self.addresses.isEmpty else {
            throw PKIFailure(
                .invalid,
                "expected a name or an address under which \(self.identity) is reached: --dns, --ip"
            )
        }
    }

    /// Checks for how long it is to be valid.
    ///
    /// - Throws: `invalid`.
    func checkDays() throws(PKIFailure) {
        guard (1...3650).contains(self.days) else {
            throw PKIFailure(.invalid, "expected 1 to 3650 days, not \(self.days)")
        }
    }

    /// Checks that names are host names and addresses are addresses, which is more than OpenSSL would ask.
    ///
    /// - Throws: `invalid` with the value at fault.
    func checkNames() throws(PKIFailure) {
        for name in self.dns {
            guard Self.isHost(name) else {
                throw PKIFailure(.invalid, "expected a host name, not \"\(name.prefix(300))\"")
            }
        }
        for address in self.addresses {
            guard Self.bytes(ofAddress: address) != nil else {
                throw PKIFailure(.invalid, "expected an IP address, not \"\(address.prefix(300))\"")
            }
        }
    }

    /// As OpenSSL's configuration language spells alternative names.
    var alternativeNames: String {
        (["URI:" + self.identity.uri] + self.dns.map { "DNS:" + $0 } + self.addresses.map { "IP:" + $0 })
            .joined(separator: ",")
    }

    /// The four or sixteen bytes of an IP address in text; nil for any other text.
    static func bytes(ofAddress text: String) -> [UInt8]? {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            return unsafe withUnsafeBytes(of: &four) { unsafe Array($0) }
        }
        var sixteen = in6_addr()
        guard unsafe inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        return unsafe withUnsafeBytes(of: &sixteen) { unsafe Array($0) }
    }

    /// Whether it is a host name (RFC 1123, section 2.1), or a star in place of its first label (RFC 6125, section 6.4.3)
    /// before two others at least.
    private static func isHost(_ name: String) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        var labels = name.utf8.split(separator: 0x2e, omittingEmptySubsequences: false)
        if labels[0].elementsEqual("*".utf8) {
            labels.removeFirst()
            guard labels.count >= 2 else { return false }
        }
        // The last label of a name is no number: that would be an address.
        guard let last = labels.last, !last.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != 0x2d && label.last != 0x2d
                && label.allSatisfy(Self.isHostCharacter)
        }
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x41...0x5a, 0x30...0x39, 0x2d: true
        default: false
        }
    }
}
