extension Scanner {
    /// Checks one AnyValue (common.proto, message AnyValue), with arrays and lists inside it, and notes content in them.
    func checkValue(_ value: WireReader, notes: inout [AttributeNote], depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: value.offset) }
        var reader = value
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 5 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkArray(WireReader(reader.bytes, inside: range), notes: &notes, depth: depth - 1)
            case 6 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkList(WireReader(reader.bytes, inside: range), notes: &notes, depth: depth - 1)
            default: try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one ArrayValue.
    private func checkArray(_ array: WireReader, notes: inout [AttributeNote], depth: Int) throws(WireFailure)
    {
        guard depth >= 0 else { throw .tooDeep(atByte: array.offset) }
        var reader = array
        while !reader.isAtEnd {
            let tag = try reader.tag()
            if tag == 1 << 3 | WireType.lengthDelimited {
                let range = try reader.lengthDelimited()
                try self.checkValue(WireReader(reader.bytes, inside: range), notes: &notes, depth: depth - 1)
            } else {
                try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one KeyValueList.
    private func checkList(_ list: WireReader, notes: inout [AttributeNote], depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: list.offset) }
        var reader = list
        while !reader.isAtEnd {
            let tag = try reader.tag()
            if tag == 1 << 3 | WireType.lengthDelimited {
                let range = try reader.lengthDelimited()
                try self.checkPair(WireReader(reader.bytes, inside: range), notes: &notes, depth: depth - 1)
            } else {
                try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one KeyValue that is no attribute of an item, and notes it where it is content.
    func checkPair(_ pair: WireReader, notes: inout [AttributeNote], depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: pair.offset) }
        let before = notes.count
        let (key, value) = try self.checkAnyPair(pair, notes: &notes, depth: depth)
        guard self.filter.meaning(pair.bytes, key) == .content else { return }
        Self.note(.content, pair, value: value, &notes, replacingFrom: before)
    }

    /// Checks a KeyValue however it is written; of a repeated field the last one counts.
    @inline(never)
    func checkAnyPair(
        _ pair: WireReader,
        notes: inout [AttributeNote],
        depth: Int
    ) throws(WireFailure) -> (key: Range<Int>, value: Range<Int>) {
        var reader = pair
        var key = 0..<0
        var value = 0..<0
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited: key = try reader.string()
            case 2 << 3 | WireType.lengthDelimited:
                value = try reader.lengthDelimited()
                try self.checkValue(WireReader(reader.bytes, inside: value), notes: &notes, depth: depth - 1)
            default: try reader.skip(tag, depth: depth)
            }
        }
        return (key, value)
    }

    /// Notes a pair; content goes whole, so it takes the place of what was noted inside it.
    @inline(__always)
    static func note(
        _ meaning: AttributeMeaning,
        _ pair: WireReader,
        value: Range<Int>,
        _ notes: inout [AttributeNote],
        replacingFrom before: Int
    ) {
        if meaning == .content, notes.count > before { notes.removeSubrange(before...) }
        notes.append(
            AttributeNote(
                meaning: meaning,
                pairOffset: UInt32(truncatingIfNeeded: pair.offset),
                pairLength: UInt32(truncatingIfNeeded: pair.end - pair.offset),
                valueOffset: UInt32(truncatingIfNeeded: value.lowerBound),
                valueLength: UInt32(truncatingIfNeeded: value.count)
            )
        )
    }

    /// Checks one InstrumentationScope.
    func checkScope(_ scope: WireReader, notes: inout [AttributeNote]) throws(WireFailure) {
        var reader = scope
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited, 2 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 3 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkPair(
                    WireReader(reader.bytes, inside: range),
                    notes: &notes,
                    depth: Self.depthLimit - 5
                )
            default: try reader.skip(tag, depth: Self.depthLimit - 4)
            }
        }
    }

    /// Reads one Resource: checks it, takes out what names the service and the host, and notes content.
    package func scanResource(
        _ resource: WireReader,
        into envelope: inout Envelope,
        notes: inout [AttributeNote]
    ) throws(WireFailure) {
        var reader = resource
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                let pair = WireReader(reader.bytes, inside: range)
                try self.checkPair(pair, notes: &notes, depth: Self.depthLimit - 4)
                Self.note(pair, into: &envelope)
            case 3 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkEntity(WireReader(reader.bytes, inside: range))
            default: try reader.skip(tag, depth: Self.depthLimit - 3)
            }
        }
    }

    /// Checks one EntityRef (common.proto): all four of its fields are strings.
    private func checkEntity(_ entity: WireReader) throws(WireFailure) {
        var reader = entity
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | 2, 2 << 3 | 2, 3 << 3 | 2, 4 << 3 | 2: _ = try reader.string()
            default: try reader.skip(tag, depth: Self.depthLimit - 4)
            }
        }
    }

    private static func note(_ pair: WireReader, into envelope: inout Envelope) {
        guard let key = pair.pairKey() else { return }
        let name = pair.bytes.extracting(key)
        switch key.count {
        case 12 where name.equals(self.serviceName.raw): pair.pairText().map { envelope.service = $0 }
        case 15 where name.equals(self.serviceVersion.raw): pair.pairText().map { envelope.version = $0 }
        case 7 where name.equals(self.hostID.raw):
            if let id = pair.pairText(), !id.isEmpty { envelope.host = id }
        case 9 where name.equals(self.hostName.raw):
            if envelope.host.isEmpty, let host = pair.pairText() { envelope.host = host }
        default: break
        }
    }

    private static let serviceName = Array("service.name".utf8)
    private static let serviceVersion = Array("service.version".utf8)
    private static let hostID = Array("host.id".utf8)
    private static let hostName = Array("host.name".utf8)
}
