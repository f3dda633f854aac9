extension Scanner {
    /// Reads one Span (trace.proto, message Span).
    package func scanSpan(
        _ body: WireReader,
        into record: inout ItemRecord,
        notes: inout [AttributeNote]
    ) throws(WireFailure) {
        var reader = body
        var traceLength = 0
        var spanLength = 0
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited:
                traceLength = try reader.traceID(into: &record)
            case 2 << 3 | WireType.lengthDelimited:
                (record.span, spanLength) = try reader.spanID()
            case 3 << 3 | WireType.lengthDelimited:
                let range = try reader.string()
                record.traceStateOffset = UInt32(truncatingIfNeeded: range.lowerBound)
                record.traceStateLength = UInt32(truncatingIfNeeded: range.count)
            case 4 << 3 | WireType.lengthDelimited:
                (record.parent, _) = try reader.spanID()
            case 5 << 3 | WireType.lengthDelimited:
                let range = try reader.string()
                record.nameOffset = UInt32(truncatingIfNeeded: range.lowerBound)
                record.nameLength = UInt32(truncatingIfNeeded: range.count)
            case 6 << 3 | WireType.varint:
                record.kind = try reader.enumeration(max: 5)
            case 7 << 3 | WireType.fixed64: record.start = try reader.fixed64()
            case 8 << 3 | WireType.fixed64: record.end = try reader.fixed64()
            case 9 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanAttribute(
                    WireReader(reader.bytes, inside: range),
                    notes: &notes,
                    depth: Self.depthLimit - 4
                )
            case 11 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanEvent(WireReader(reader.bytes, inside: range), notes: &notes)
            case 13 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanLink(WireReader(reader.bytes, inside: range), notes: &notes)
            case 15 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanStatus(WireReader(reader.bytes, inside: range), into: &record)
            default: try reader.skip(tag, depth: Self.depthLimit - 4)
            }
        }
        record.defect =
            if traceLength != 16 {
                .traceIDLength
            } else if spanLength != 8 {
                .spanIDLength
            } else if !record.trace.isValid {
                .traceIDZero
            } else if record.span == 0 {
                .spanIDZero
            } else {
                nil
            }
    }

    /// Reads one LogRecord (logs.proto, message LogRecord).
    package func scanLog(
        _ body: WireReader,
        into record: inout ItemRecord,
        notes: inout [AttributeNote]
    ) throws(WireFailure) {
        var reader = body
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.fixed64: record.start = try reader.fixed64()
            case 2 << 3 | WireType.varint:
                record.kind = try reader.enumeration(max: 24)
            case 3 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 5 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkValue(
                    WireReader(reader.bytes, inside: range),
                    notes: &notes,
                    depth: Self.depthLimit - 5
                )
            case 6 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanAttribute(
                    WireReader(reader.bytes, inside: range),
                    notes: &notes,
                    depth: Self.depthLimit - 4
                )
            case 9 << 3 | WireType.lengthDelimited:
                // A log record need not belong to a trace; a damaged id makes it one that does not.
                _ = try reader.traceID(into: &record)
            case 10 << 3 | WireType.lengthDelimited:
                (record.span, _) = try reader.spanID()
            case 11 << 3 | WireType.fixed64: record.end = try reader.fixed64()
            case 12 << 3 | WireType.lengthDelimited:
                let range = try reader.string()
                record.nameOffset = UInt32(truncatingIfNeeded: range.lowerBound)
                record.nameLength = UInt32(truncatingIfNeeded: range.count)
            default: try reader.skip(tag, depth: Self.depthLimit - 4)
            }
        }
        if record.start == 0 { record.start = record.end }
    }

    /// Reads one attribute of an item and notes it when the filter wants its key.
    private func scanAttribute(
        _ pair: WireReader,
        notes: inout [AttributeNote],
        depth: Int
    ) throws(WireFailure) {
        let before = notes.count
        let (key, value) =
            if let plain = pair.plainPair() {
                try self.checkPlainPair(pair, plain.key, plain.value, notes: &notes, depth: depth - 2)
            } else {
                try self.checkAnyPair(pair, notes: &notes, depth: depth - 1)
            }
        guard let meaning = self.filter.meaning(pair.bytes, key) else { return }
        Self.note(meaning, pair, value: value, &notes, replacingFrom: before)
    }

    @inline(__always)
    private func checkPlainPair(
        _ pair: WireReader,
        _ key: Range<Int>,
        _ value: Range<Int>,
        notes: inout [AttributeNote],
        depth: Int
    ) throws(WireFailure) -> (key: Range<Int>, value: Range<Int>) {
        guard pair.bytes.isText(key) else { throw .invalidText(atByte: key.lowerBound) }
        let reader = WireReader(pair.bytes, inside: value)
        if let text = reader.plainText() {
            guard pair.bytes.isText(text) else { throw .invalidText(atByte: text.lowerBound) }
        } else {
            try self.checkValue(reader, notes: &notes, depth: depth)
        }
        return (key, value)
    }

    private func scanEvent(_ event: WireReader, notes: inout [AttributeNote]) throws(WireFailure) {
        var reader = event
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 2 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 3 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanAttribute(
                    WireReader(reader.bytes, inside: range),
                    notes: &notes,
                    depth: Self.depthLimit - 5
                )
            default: try reader.skip(tag, depth: Self.depthLimit - 5)
            }
        }
    }

    private func scanLink(_ link: WireReader, notes: inout [AttributeNote]) throws(WireFailure) {
        var reader = link
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 3 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 4 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanAttribute(
                    WireReader(reader.bytes, inside: range),
                    notes: &notes,
                    depth: Self.depthLimit - 5
                )
            default: try reader.skip(tag, depth: Self.depthLimit - 5)
            }
        }
    }

    private func scanStatus(_ status: WireReader, into record: inout ItemRecord) throws(WireFailure) {
        var reader = status
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 2 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 3 << 3 | WireType.varint:
                record.status = try reader.enumeration(max: 2)
            default: try reader.skip(tag, depth: Self.depthLimit - 5)
            }
        }
    }
}

extension WireReader {
    /// An enumeration's number, of which only the low 32 bits count; zero beyond the largest that is known.
    @inline(__always)
    mutating func enumeration(max: UInt8) throws(WireFailure) -> UInt8 {
        let value = UInt32(truncatingIfNeeded: try self.varint())
        return value <= UInt32(max) ? UInt8(truncatingIfNeeded: value) : 0
    }

    /// A trace id field of any length; gives the length, and the id where it is 16, else zero.
    @inline(__always)
    mutating func traceID(into record: inout ItemRecord) throws(WireFailure) -> Int {
        let range = try self.lengthDelimited()
        guard range.count == 16 else {
            record.trace = TraceID(high: 0, low: 0)
            return range.count
        }
        record.trace = TraceID(
            high: UInt64(
                bigEndian: unsafe self.bytes.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: range.lowerBound,
                    as: UInt64.self
                )
            ),
            low: UInt64(
                bigEndian: unsafe self.bytes.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: range.lowerBound + 8,
                    as: UInt64.self
                )
            )
        )
        return 16
    }

    /// A span id field of any length; the id is zero where the length is not 8.
    @inline(__always)
    mutating func spanID() throws(WireFailure) -> (id: UInt64, length: Int) {
        let range = try self.lengthDelimited()
        guard range.count == 8 else { return (0, range.count) }
        let bits = unsafe self.bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: range.lowerBound,
            as: UInt64.self
        )
        return (UInt64(bigEndian: bits), 8)
    }
}
