extension Scanner {
    /// Checks one AnyValue (common.proto, message AnyValue), with arrays and lists inside it.
    func checkValue(_ value: WireReader, depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: value.offset) }
        var reader = value
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 5 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkArray(WireReader(reader.bytes, inside: range), depth: depth - 1)
            case 6 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkList(WireReader(reader.bytes, inside: range), depth: depth - 1)
            default: try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one ArrayValue.
    private func checkArray(_ array: WireReader, depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: array.offset) }
        var reader = array
        while !reader.isAtEnd {
            let tag = try reader.tag()
            if tag == 1 << 3 | WireType.lengthDelimited {
                let range = try reader.lengthDelimited()
                try self.checkValue(WireReader(reader.bytes, inside: range), depth: depth - 1)
            } else {
                try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one KeyValueList.
    private func checkList(_ list: WireReader, depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: list.offset) }
        var reader = list
        while !reader.isAtEnd {
            let tag = try reader.tag()
            if tag == 1 << 3 | WireType.lengthDelimited {
                let range = try reader.lengthDelimited()
                try self.checkPair(WireReader(reader.bytes, inside: range), depth: depth - 1)
            } else {
                try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one KeyValue.
    func checkPair(_ pair: WireReader, depth: Int) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: pair.offset) }
        var reader = pair
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 2 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkValue(WireReader(reader.bytes, inside: range), depth: depth - 1)
            default: try reader.skip(tag, depth: depth)
            }
        }
    }

    /// Checks one InstrumentationScope.
    func checkScope(_ scope: WireReader) throws(WireFailure) {
        var reader = scope
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited, 2 << 3 | WireType.lengthDelimited: _ = try reader.string()
            case 3 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkPair(WireReader(reader.bytes, inside: range), depth: Self.depthLimit - 5)
            default: try reader.skip(tag, depth: Self.depthLimit - 4)
            }
        }
    }

    /// Reads one Resource: checks it, and takes out what names the service and the host.
    package func scanResource(_ resource: WireReader, into envelope: inout Envelope) throws(WireFailure) {
        var reader = resource
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 1 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                let pair = WireReader(reader.bytes, inside: range)
                try self.checkPair(pair, depth: Self.depthLimit - 4)
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
