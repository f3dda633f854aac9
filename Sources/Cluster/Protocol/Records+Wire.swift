internal import Telemetry

/// Bytes of the longest text of a record or a greeting: names, addresses, zones.
let shortTextBytesMax = 255
/// Bytes that are read of words for people.
let messageBytesMax = 1024

extension WireReader {
    /// Text of at most ``shortTextBytesMax`` bytes.
    mutating func shortText() throws(WireFailure) -> String {
        let range = try self.lengthDelimited()
        guard range.count <= shortTextBytesMax else { throw .tooMany(atByte: range.lowerBound) }
        return self.bytes.text(range)
    }

    /// Words for people, cut to ``messageBytesMax``; what would break a line of a log is a space.
    mutating func message() throws(WireFailure) -> String {
        let range = try self.lengthDelimited()
        let text = self.bytes.text(range.prefix(messageBytesMax))
        var words = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { words.append(scalar.isControl ? " " : scalar) }
        return String(words)
    }
}

extension ByteWriter {
    /// Words for people, of which the other side reads no more.
    mutating func message(_ words: String) {
        let bytes = words.utf8.prefix(messageBytesMax)
        self.varint(UInt64(bytes.count))
        self.bytes(bytes)
    }
}

extension Unicode.Scalar {
    /// Whether it moves a cursor, ends a line, or turns the direction of writing.
    fileprivate var isControl: Bool {
        switch self.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}

extension MemberRecord {
    /// Appends the record.
    func encode(into writer: inout ByteWriter) {
        writer.text(self.node.text)
        writer.varint(self.epoch)
        writer.fixed64(self.run)
        writer.varint(UInt64(self.incarnation))
        writer.byte(self.status.rawValue | (self.isLeaving ? 0x80 : 0))
        writer.text(self.address)
        writer.text(self.api)
        writer.text(self.zone)
    }

    /// Reads a record.
    init(from reader: inout WireReader) throws(WireFailure) {
        guard let node = NodeID(try reader.shortText()) else { throw .invalidText(atByte: reader.offset) }
        let epoch = try reader.varint()
        let run = try reader.fixed64()
        guard let incarnation = UInt32(exactly: try reader.varint()) else {
            throw .tooMany(atByte: reader.offset)
        }
        let status = try reader.byte()
        guard let known = MemberStatus(rawValue: status & 0x7f) else {
            throw .invalidTag(atByte: reader.offset)
        }
        self.init(
            node: node,
            epoch: epoch,
            run: run,
            incarnation: incarnation,
            status: known,
            address: try reader.shortText(),
            api: try reader.shortText(),
            zone: try reader.shortText()
        )
        self.isLeaving = status & 0x80 != 0
    }

    static func encode(_ record: MemberRecord?, into writer: inout ByteWriter) {
        writer.byte(record == nil ? 0 : 1)
        record?.encode(into: &writer)
    }

    static func optional(from reader: inout WireReader) throws(WireFailure) -> MemberRecord? {
        try reader.byte() == 0 ? nil : try MemberRecord(from: &reader)
    }
}

extension PlacementParameters {
    static func encode(_ parameters: PlacementParameters?, into writer: inout ByteWriter) {
        writer.varint(parameters?.version ?? 0)
        writer.byte(UInt8(truncatingIfNeeded: parameters?.replication ?? 0))
        writer.byte(UInt8(truncatingIfNeeded: parameters?.confirmations ?? 0))
    }

    /// Reads parameters; no copies at all mean none.
    static func optional(from reader: inout WireReader) throws(WireFailure) -> PlacementParameters? {
        let version = try reader.varint()
        let (replication, confirmations) = (Int(try reader.byte()), Int(try reader.byte()))
        guard replication > 0 else { return nil }
        guard
            let parameters = PlacementParameters(
                version: version,
                replication: replication,
                confirmations: confirmations
            )
        else { throw .invalidTag(atByte: reader.offset) }
        return parameters
    }
}
