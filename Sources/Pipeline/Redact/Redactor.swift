package import Telemetry

/// Takes content out of one item's bytes before they reach a disk.
///
/// Copies around the ranges and rewrites the enclosing lengths; every other byte stays as sent, unknown fields
/// included. In place of a value stands how large it was and a keyed hash, so that equal contents can still be
/// told to be equal on one installation.
package struct Redactor: Sendable {
    /// Keys the hashes, so that short contents cannot be looked up elsewhere.
    package var secret: UInt64

    /// A redactor whose hashes only it can make.
    package init(secret: UInt64) { self.secret = secret }

    /// The item's bytes with each noted pair's value replaced.
    ///
    /// - Parameters:
    ///   - bytes: What the notes' ranges refer to.
    ///   - item: The message's payload.
    ///   - notes: The content to take out; others are ignored.
    ///   - isBodyContent: Whether field 5, the body of a log record, goes too.
    /// - Returns: The message with the lengths around each replacement made right.
    package func redact(
        _ bytes: RawSpan,
        item: Range<Int>,
        notes: ArraySlice<AttributeNote>,
        isBodyContent: Bool = false
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: item.count)
        var notes = notes.filter { $0.meaning == .content }[...]
        self.copy(WireReader(bytes, item), &notes, bodyField: isBodyContent ? 5 : nil, into: &writer)
        return writer.bytes
    }

    /// Copies a message; takes each note off the list when it has dealt with it.
    ///
    /// Notes stand in the order of their bytes, so that only the first one left can be next.
    private func copy(
        _ message: WireReader,
        _ notes: inout ArraySlice<AttributeNote>,
        bodyField: UInt32?,
        into writer: inout ByteWriter
    ) {
        var reader = message
        while !reader.isAtEnd {
            let start = reader.offset
            guard let field = reader.nextField() else {
                // Scanned before, so this cannot fail; if it does, nothing may slip through unredacted.
                return
            }
            guard let payload = field.payload else {
                writer.bytes(reader.bytes.extracting(start..<reader.offset))
                continue
            }
            if field.number == bodyField {
                writer.bytes(reader.bytes.extracting(start..<field.lengthOffset))
                writer.lengthPrefixed(self.substitute(reader.bytes.extracting(payload)))
                notes = notes.drop { payload.contains($0.pair.lowerBound) }
            } else if let note = notes.first, note.pair == payload {
                notes.removeFirst()
                writer.bytes(reader.bytes.extracting(start..<field.lengthOffset))
                var pair = ByteWriter()
                self.copyPair(WireReader(reader.bytes, payload), into: &pair)
                writer.lengthPrefixed(pair.bytes)
            } else if let note = notes.first, payload.contains(note.pair.lowerBound) {
                writer.bytes(reader.bytes.extracting(start..<field.lengthOffset))
                var inner = ByteWriter()
                self.copy(WireReader(reader.bytes, payload), &notes, bodyField: nil, into: &inner)
                writer.lengthPrefixed(inner.bytes)
            } else {
                writer.bytes(reader.bytes.extracting(start..<reader.offset))
            }
        }
    }

    /// Copies a KeyValue; every value field of it is content.
    private func copyPair(_ pair: WireReader, into writer: inout ByteWriter) {
        var reader = pair
        while !reader.isAtEnd {
            let start = reader.offset
            guard let field = reader.nextField() else { return }
            guard field.number == 2, let payload = field.payload else {
                writer.bytes(reader.bytes.extracting(start..<reader.offset))
                continue
            }
            writer.bytes(reader.bytes.extracting(start..<field.lengthOffset))
            writer.lengthPrefixed(self.substitute(reader.bytes.extracting(payload)))
        }
    }

    /// An AnyValue with a text in place of the content.
    private func substitute(_ value: RawSpan) -> [UInt8] {
        let hash = Hex.text(ContentHash.hash64(value, seed: self.secret))
        var writer = ByteWriter()
        writer.field(1, Array("[redacted: \(value.byteCount) bytes, hash \(hash)]".utf8))
        return writer.bytes
    }
}

extension ByteWriter {
    /// A length as varint, then the bytes.
    fileprivate mutating func lengthPrefixed(_ payload: [UInt8]) {
        self.varint(UInt64(payload.count))
        self.bytes(payload)
    }
}
