package import Telemetry

/// The kinds of messages; numbers stand on the wire and are never given again.
package enum PeerMessageKind: UInt8, CaseIterable, Sendable {
    /// Opens a connection: who calls, and what for. A ``Hello``.
    case hello = 1
    /// The answer to a hello. A ``Welcome``.
    case welcome = 2
    /// The answer to a hello that cannot be served. A ``Rejection``.
    case reject = 3
    /// The sender closes, and says why. A text.
    case goodbye = 4
    /// Asks for a sign of life.
    case ping = 5
    /// The sign of life.
    case pong = 6
    /// A ``MembershipMessage``.
    case membership = 16
    /// Who is in the cluster now. A ``ClusterView``.
    case view = 17
    /// What the called side has of the shared credentials, whenever that changes. A ``CredentialSummary``.
    case summary = 18
    /// A frame first-hand. A ``Delivery``.
    case frame = 32
    /// A frame that already has a holder. A ``Delivery``.
    case copy = 33
    /// What became of a frame. An ``Outcome``.
    case outcome = 34
    /// How many bytes of frames may be unanswered on this connection from now on. A varint.
    case window = 35
    /// A question about what is stored.
    case read = 48
    /// Part of the answer to a question; the last one has the flag.
    case part = 49
    /// Why a question is not answered. A text.
    case failure = 50
    /// Asks for what is newer of the shared credentials. A ``CredentialSummary`` of what the asking side has.
    case fetch = 51
}

/// The first 16 bytes of every message.
package struct PeerHeader: Equatable, Sendable {
    /// Set on the last part of an answer.
    package static let lastPart: UInt8 = 1

    /// Bytes behind the header.
    package var bodyBytes: UInt32
    /// The kind; a number this program does not know is passed over.
    package var kind: UInt8
    /// Of the kind.
    package var flags: UInt8
    /// Ties an answer to its question: unique among the unanswered ones of the connection's asking side.
    package var request: UInt64

    /// A header for a body of a known length.
    package init(_ kind: PeerMessageKind, bodyBytes: Int, request: UInt64 = 0, flags: UInt8 = 0) {
        self.bodyBytes = UInt32(truncatingIfNeeded: bodyBytes)
        self.kind = kind.rawValue
        self.flags = flags
        self.request = request
    }

    /// The header that the bytes begin with; nil where they are too few.
    package static func decoded(_ bytes: RawSpan) -> PeerHeader? {
        var reader = WireReader(bytes)
        do throws(WireFailure) { return try PeerHeader(from: &reader) } catch { return nil }
    }

    private init(from reader: inout WireReader) throws(WireFailure) {
        self.bodyBytes = try reader.fixed32()
        self.kind = try reader.byte()
        self.flags = try reader.byte()
        _ = try reader.fixed16()
        self.request = try reader.fixed64()
    }

    /// Appends the header.
    package func encode(into writer: inout ByteWriter) {
        writer.fixed32(self.bodyBytes)
        writer.byte(self.kind)
        writer.byte(self.flags)
        writer.fixed16(0)
        writer.fixed64(self.request)
    }
}
