package import Telemetry

/// What a process has of the credentials that its cluster shares, told in a few bytes.
///
/// The revocation list by its number: the higher one holds. Tokens by sixteen digests, one for each first digit of
/// their ids, so that only a sixteenth of them travels when one changes. `Protocol.md` gives the layout.
package struct CredentialSummary: Equatable, Sendable {
    /// Digests of tokens in a summary.
    package static let bucketCount = 16

    /// The number of the revocation list in force; nil where the process keeps none.
    package var list: UInt64?
    /// Sixteen digests of the tokens that count; nil where the process keeps none.
    package private(set) var tokens: [UInt64]?

    /// A summary.
    ///
    /// - Parameters:
    ///   - list: The number of the revocation list; nil where there is no place for one.
    ///   - tokens: ``bucketCount`` digests; nil, or another number of them, where there is no place for tokens.
    package init(list: UInt64? = nil, tokens: [UInt64]? = nil) {
        self.list = list
        self.tokens = tokens?.count == Self.bucketCount ? tokens : nil
    }

    /// Whether another process has something that this one keeps and does not have, or may not have.
    ///
    /// Tokens that differ may be more or fewer: only a look at them can tell.
    package func lacks(_ other: CredentialSummary) -> Bool {
        self.lacksList(of: other) || !self.buckets(differingFrom: other).isEmpty
    }

    /// Whether another process has a newer revocation list; false where either keeps none.
    package func lacksList(of other: CredentialSummary) -> Bool {
        guard let own = self.list, let theirs = other.list else { return false }
        return theirs > own
    }

    /// The first digits, 0 to 15 and ascending, under which tokens differ; none where either keeps no tokens.
    package func buckets(differingFrom other: CredentialSummary) -> [Int] {
        guard let own = self.tokens, let theirs = other.tokens else { return [] }
        return own.indices.filter { own[$0] != theirs[$0] }
    }

    /// As it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 144)
        writer.byte((self.list == nil ? 0 : 1) | (self.tokens == nil ? 0 : 2))
        if let list = self.list { writer.varint(list) }
        for digest in self.tokens ?? [] { writer.fixed64(digest) }
        return writer.bytes
    }

    /// Reads a summary; what a later version says behind it is passed over.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        let flags = try reader.byte()
        self.list = flags & 1 == 0 ? nil : try reader.varint()
        guard flags & 2 != 0 else {
            self.tokens = nil
            return
        }
        var tokens: [UInt64] = []
        for _ in 0..<Self.bucketCount { tokens.append(try reader.fixed64()) }
        self.tokens = tokens
    }
}
