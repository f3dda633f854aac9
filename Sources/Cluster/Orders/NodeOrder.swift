package import Telemetry

/// What an operator has a node do, through whichever node he asks.
package enum NodeOrder: UInt8, CaseIterable, Sendable {
    /// Say that it leaves, and hand over.
    case drain = 1
    /// Take that back.
    case rejoin = 2
    /// Say how far it has come.
    case progress = 3

    /// The version that is written, and the only one that is read.
    package static let version: UInt8 = 1
    private static let mark: UInt8 = 0x84

    /// Whether a question between nodes is such an order, of any version.
    package static func isGiven(by question: [UInt8]) -> Bool { question.first == Self.mark }

    /// As it is sent: byte 0x84, byte version, byte kind.
    package var encoded: [UInt8] { [Self.mark, Self.version, self.rawValue] }

    /// Reads an order; nil where the bytes are none of this version.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 3, bytes[0] == Self.mark, bytes[1] == Self.version else { return nil }
        self.init(rawValue: bytes[2])
    }
}

/// How far a node has come with handing over.
package struct HandoverProgress: Equatable, Sendable {
    /// What the node says of itself.
    package var status: MemberStatus
    /// Frames of which it owes a copy, or that are under way.
    package var owedFrames: UInt64
    /// Partitions of which it holds something that no other node that answers, and stays, holds.
    package var lonePartitions: UInt64
    /// Partitions of which it holds anything.
    package var heldPartitions: UInt64

    /// A progress.
    package init(status: MemberStatus, owedFrames: UInt64, lonePartitions: UInt64, heldPartitions: UInt64) {
        self.status = status
        self.owedFrames = owedFrames
        self.lonePartitions = lonePartitions
        self.heldPartitions = heldPartitions
    }

    /// Whether the node may end and nothing is out of reach: other nodes, which stay, hold everything that it holds.
    package var isSafeToStop: Bool {
        self.status == .leaving && self.owedFrames == 0 && self.lonePartitions == 0
    }

    /// Whether the cluster does not need the node's disk any more.
    package var isEmpty: Bool { self.isSafeToStop && self.heldPartitions == 0 }

    /// As it is sent: byte version, byte status, three varints.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 32)
        writer.byte(NodeOrder.version)
        writer.byte(self.status.rawValue)
        writer.varint(self.owedFrames)
        writer.varint(self.lonePartitions)
        writer.varint(self.heldPartitions)
        return writer.bytes
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard try reader.byte() == NodeOrder.version, let status = MemberStatus(rawValue: try reader.byte())
        else { throw .invalidTag(atByte: 0) }
        self.init(
            status: status,
            owedFrames: try reader.varint(),
            lonePartitions: try reader.varint(),
            heldPartitions: try reader.varint()
        )
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }
}
