package import Telemetry

/// The bytes of a message on a control connection, version 1: `Protocol/Protocol.md`, "Membership".
extension MembershipMessage {
    /// A message of more bytes is refused.
    package static let bytesMax = PeerProtocol.controlBytesMax
    /// Records in one message.
    private static let recordsMax = 4096

    /// The message as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 256)
        switch self {
        case .ping(let sequence, let rumors):
            writer.byte(1)
            writer.fixed32(sequence)
            writer.list(rumors) { $0.rumor($1) }
        case .pingRequest(let sequence, let target, let rumors):
            writer.byte(2)
            writer.fixed32(sequence)
            writer.text(target.text)
            writer.list(rumors) { $0.rumor($1) }
        case .ack(let sequence, let responder, let rumors):
            writer.byte(3)
            writer.fixed32(sequence)
            responder.encode(into: &writer)
            writer.list(rumors) { $0.rumor($1) }
        case .nack(let sequence):
            writer.byte(4)
            writer.fixed32(sequence)
        case .gossip(let rumors):
            writer.byte(5)
            writer.list(rumors) { $0.rumor($1) }
        case .sync(let records, let isReply):
            writer.byte(isReply ? 7 : 6)
            writer.list(records) { $1.encode(into: &$0) }
        case .placement(let parameters):
            writer.byte(8)
            PlacementParameters.encode(parameters, into: &writer)
        }
        return writer.bytes
    }

    /// Reads a whole message.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none: another kind, a name that is none, or too much of something.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount <= Self.bytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        let kind = try reader.byte()
        switch kind {
        case 1: self = .ping(sequence: try reader.fixed32(), rumors: try Self.rumors(&reader))
        case 2:
            let sequence = try reader.fixed32()
            let target = try Self.node(&reader)
            self = .pingRequest(sequence: sequence, target: target, rumors: try Self.rumors(&reader))
        case 3:
            let sequence = try reader.fixed32()
            let responder = try MemberRecord(from: &reader)
            self = .ack(sequence: sequence, responder: responder, rumors: try Self.rumors(&reader))
        case 4: self = .nack(sequence: try reader.fixed32())
        case 5: self = .gossip(try Self.rumors(&reader))
        case 6, 7:
            var records: [MemberRecord] = []
            for _ in 0..<(try Self.count(&reader)) { records.append(try MemberRecord(from: &reader)) }
            self = .sync(records, isReply: kind == 7)
        case 8:
            guard let parameters = try PlacementParameters.optional(from: &reader) else {
                throw .invalidTag(atByte: reader.offset)
            }
            self = .placement(parameters)
        default: throw .invalidTag(atByte: 0)
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }

    private static func count(_ reader: inout WireReader) throws(WireFailure) -> Int {
        let count = try reader.varint()
        guard count <= UInt64(self.recordsMax) else { throw .tooMany(atByte: reader.offset) }
        return Int(count)
    }

    private static func rumors(_ reader: inout WireReader) throws(WireFailure) -> [Rumor] {
        var rumors: [Rumor] = []
        for _ in 0..<(try self.count(&reader)) {
            let record = try MemberRecord(from: &reader)
            let accuser = try reader.shortText()
            guard accuser.isEmpty || NodeID(accuser) != nil else { throw .invalidText(atByte: reader.offset) }
            rumors.append(Rumor(record, accuser: NodeID(accuser)))
        }
        return rumors
    }

    private static func node(_ reader: inout WireReader) throws(WireFailure) -> NodeID {
        guard let node = NodeID(try reader.shortText()) else { throw .invalidText(atByte: reader.offset) }
        return node
    }
}

extension ByteWriter {
    fileprivate mutating func list<Element>(
        _ elements: [Element],
        _ write: (inout ByteWriter, Element) -> Void
    ) {
        self.varint(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }

    fileprivate mutating func rumor(_ rumor: Rumor) {
        rumor.record.encode(into: &self)
        self.text(rumor.accuser?.text ?? "")
    }
}
