internal import Cluster
package import Telemetry

/// A token as nodes tell it to each other; `Protocol.md` gives the layout.
extension Token {
    private static let flags: [(TokenScope, UInt8)] = [(.write, 1), (.read, 2)]
    private static let hasEnd: UInt8 = 4
    private static let isRevoked: UInt8 = 8

    /// As it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.bytes(Bytes.read(hexadecimal: self.id) ?? [])
        var flags = Self.flags.reduce(0) { self.scopes.contains($1.0) ? $0 | $1.1 : $0 }
        if self.expiresAt != nil { flags |= Self.hasEnd }
        if self.revokedAt != nil { flags |= Self.isRevoked }
        writer.byte(flags)
        writer.bytes(self.digest)
        writer.text(self.name)
        writer.zigzag(self.createdAt)
        if let seconds = self.expiresAt { writer.zigzag(seconds) }
        if let seconds = self.revokedAt { writer.zigzag(seconds) }
        return writer.bytes
    }

    /// Reads a token; what a later version says behind it is passed over.
    ///
    /// - Throws: ``WireFailure`` where it is none: `invalidText` for a name that may not be, `invalidTag` without a scope.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        let id = bytes.array(try reader.take(TokenSecret.idCharacters / 2))
        let flags = try reader.byte()
        let scopes = Self.flags.filter { flags & $0.1 != 0 }.map(\.0)
        guard !scopes.isEmpty else { throw .invalidTag(atByte: id.count) }
        let digest = bytes.array(try reader.take(32))
        let name = try reader.text()
        guard TokenFile.isName(name) else { throw .invalidText(atByte: reader.offset) }
        self.init(
            id: Bytes.hexadecimal(id),
            name: name,
            scopes: Set(scopes),
            digest: digest,
            createdAt: try reader.zigzag(),
            expiresAt: flags & Self.hasEnd == 0 ? nil : try reader.zigzag(),
            revokedAt: flags & Self.isRevoked == 0 ? nil : try reader.zigzag()
        )
    }

    /// Under which of a summary's digests it counts: the first digit of its id.
    var bucket: Int { self.id.utf8.first.map { Int($0) - ($0 < 0x61 ? 0x30 : 0x57) } ?? 0 }
}

extension TokenTable {
    /// A digest for each first digit of an id: the sum of XXH3-64 over each token as it is sent.
    ///
    /// Costs a hash of everything: about 5 ms for the most tokens that there may be.
    package var digests: [UInt64] {
        var digests = [UInt64](repeating: 0, count: CredentialSummary.bucketCount)
        for token in self.all { digests[token.bucket] &+= ContentHash.hash64(token.encoded.raw) }
        return digests
    }

    /// Tokens of these buckets as they are sent, sorted by id.
    package func encoded(buckets: [Int]) -> [[UInt8]] {
        self.all.filter { buckets.contains($0.bucket) }.map(\.encoded)
    }

    /// Reads tokens of others.
    ///
    /// - Throws: `malformed` where one is none.
    package init(encoded tokens: [[UInt8]]) throws(PKIFailure) {
        var read: [Token] = []
        for (index, bytes) in tokens.enumerated() {
            do throws(WireFailure) { read.append(try Token(bytes.raw)) } catch {
                throw PKIFailure(.malformed, "token \(index) of \(tokens.count) cannot be read: \(error)")
            }
        }
        self.init(read)
    }
}
