package import Telemetry

/// What one process gives another of the credentials that their cluster shares; `Protocol.md` gives the layout.
///
/// Nothing in it is believed before it is looked at: the list carries a signature, tokens are read one by one.
package struct CredentialUpdate: Equatable, Sendable {
    /// Bytes of the longest list.
    package static let listBytesMax = 16 << 20
    /// Tokens of the longest update.
    package static let tokensMax = 10_000
    /// Bytes of the longest token.
    package static let tokenBytesMax = 1024
    /// Bytes of the longest update.
    package static let bytesMax = Self.listBytesMax + Self.tokensMax * (Self.tokenBytesMax + 2) + 32

    /// The signed revocation list in PEM; nil where none is given.
    package var list: [UInt8]?
    /// Tokens, each in bytes of its own.
    package var tokens: [[UInt8]]

    /// What is given.
    package init(list: [UInt8]? = nil, tokens: [[UInt8]] = []) {
        self.list = list
        self.tokens = tokens
    }

    /// Whether it gives nothing.
    package var isEmpty: Bool { self.list == nil && self.tokens.isEmpty }

    /// As it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 64 + (self.list?.count ?? 0) + self.tokens.count * 128)
        writer.byte(self.list == nil ? 0 : 1)
        if let list = self.list {
            writer.varint(UInt64(list.count))
            writer.bytes(list)
        }
        writer.varint(UInt64(self.tokens.count))
        for token in self.tokens {
            writer.varint(UInt64(token.count))
            writer.bytes(token)
        }
        return writer.bytes
    }

    /// Reads an update; what a later version says behind it is passed over.
    ///
    /// - Throws: ``WireFailure`` where it is none, or longer than it may be.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount <= Self.bytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        if try reader.byte() & 1 != 0 {
            let range = try reader.lengthDelimited()
            guard range.count <= Self.listBytesMax else { throw .tooMany(atByte: range.lowerBound) }
            self.list = bytes.array(range)
        }
        let count = try reader.varint()
        guard count <= UInt64(Self.tokensMax) else { throw .tooMany(atByte: reader.offset) }
        self.tokens = []
        for _ in 0..<count {
            let range = try reader.lengthDelimited()
            guard range.count <= Self.tokenBytesMax else { throw .tooMany(atByte: range.lowerBound) }
            self.tokens.append(bytes.array(range))
        }
    }
}
