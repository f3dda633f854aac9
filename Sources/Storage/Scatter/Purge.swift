package import Telemetry

/// What is to be deleted for good.
package enum Purge: Equatable, Sendable {
    /// Everything whose frames were made before.
    case before(ClusterTime)
    /// One trace.
    case trace(TraceID)
}

/// What a purge did.
package struct PurgeOutcome: Equatable, Sendable {
    /// Items that went; of a cluster with all their copies.
    package var items: UInt64
    /// Nodes that did not answer, sorted; what they hold is still there.
    package var missing: [String]

    /// What went, and who did not answer.
    package init(items: UInt64, missing: [String] = []) {
        self.items = items
        self.missing = missing
    }
}

/// The order to another node, and the bytes of its answer, version 1.
///
/// Both go the way of a read. The order: byte 0x81, byte version, byte kind, then 1 before: varint nanoseconds · 2 trace:
/// two fixed64, high word first. The answer: byte version, varint items.
extension Purge {
    /// The version that is written, and the only one that is read.
    package static let wireVersion: UInt8 = 1

    /// Whether a question between nodes is this order, of any version.
    package static func isOrdered(by question: [UInt8]) -> Bool { question.first == 0x81 }

    /// The order as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 24)
        writer.byte(0x81)
        writer.byte(Self.wireVersion)
        switch self {
        case .before(let time):
            writer.byte(1)
            writer.varint(time.nanoseconds)
        case .trace(let id):
            writer.byte(2)
            writer.id(id)
        }
        return writer.bytes
    }

    /// Reads an order.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none: another version or kind, cut off, or more than one.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard try reader.byte() == 0x81, try reader.byte() == Self.wireVersion else {
            throw .invalidTag(atByte: 0)
        }
        switch try reader.byte() {
        case 1: self = .before(ClusterTime(nanoseconds: try reader.varint()))
        case 2: self = .trace(TraceID(high: try reader.fixed64(), low: try reader.fixed64()))
        default: throw .invalidTag(atByte: 2)
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }

    /// The answer as it is sent.
    package static func answer(items: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 12)
        writer.byte(Self.wireVersion)
        writer.varint(items)
        return writer.bytes
    }

    /// How many items an answer tells.
    ///
    /// - Throws: ``WireFailure`` where it is none.
    package static func items(in answer: RawSpan) throws(WireFailure) -> UInt64 {
        var reader = WireReader(answer)
        guard try reader.byte() == Self.wireVersion else { throw .invalidTag(atByte: 0) }
        return try reader.varint()
    }
}
