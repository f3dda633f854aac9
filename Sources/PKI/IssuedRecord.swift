internal import Cluster

/// The serial numbers of what an authority made, as `issued.json` keeps them: a revocation list needs no more, and the
/// file of a certificate that was renewed is gone.
///
/// A JSON object: `version` 1, and `certificates`, each with `serial` (hexadecimal), `identity` (its URI) and `not_after`
/// (seconds since the Unix epoch). A folder that was made before there was such a record has none, and gets one with the
/// next certificate.
struct IssuedRecord: Codable {
    /// Seconds for which an ended certificate is still known: clocks of hosts differ.
    static let graceSeconds: Int64 = 86_400

    /// Of the format.
    var version = 1
    /// The oldest first.
    var certificates: [Entry] = []

    /// One certificate.
    struct Entry: Codable, Equatable {
        var serial: String
        var identity: String
        var notAfter: Int64

        enum CodingKeys: String, CodingKey {
            case serial
            case identity
            case notAfter = "not_after"
        }
    }

    /// Takes a certificate in, once, and forgets those that have ended.
    mutating func add(_ certificate: Certificate, of identity: Identity, at seconds: Int64) {
        self.certificates.removeAll { $0.serial == certificate.serial || Self.hasEnded($0, seconds) }
        self.certificates.append(
            Entry(serial: certificate.serial, identity: identity.uri, notAfter: certificate.notAfter)
        )
    }

    /// The serial numbers of an identity's certificates that have not ended.
    func serials(of identity: Identity, at seconds: Int64) -> [String] {
        self.certificates.filter { $0.identity == identity.uri && !Self.hasEnded($0, seconds) }
            .map(\.serial)
    }

    private static func hasEnded(_ entry: Entry, _ seconds: Int64) -> Bool {
        entry.notAfter < seconds - Self.graceSeconds
    }
}
