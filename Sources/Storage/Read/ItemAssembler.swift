package import Telemetry

/// Puts the parts of a trace, or of a search for logs, together again as OTLP bytes.
///
/// Items come out as they were stored, byte for byte, under their resources and scopes; an item that was sent twice
/// comes out once (same id, same bytes), and an open span gives way to its ended version.
package struct ItemAssembler: Sendable {
    private struct Item {
        var group: Int
        var bytes: [UInt8]
        var span: UInt64
        var start: UInt64
        var end: UInt64
    }

    private struct Group {
        var resource: [UInt8]
        var scope: [UInt8]
        var items: [Int] = []
    }

    private let signal: Signal
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
    private var items: [Item] = []
    private var groups: [Group] = []
    private var groupIndices: [[UInt8]: Int] = [:]
    private var seen: Set<UInt64> = []
    /// Items left out because they were there already.
    package private(set) var duplicateCount = 0

    /// - Parameter signal: Spans or logs.
    package init(_ signal: Signal) { self.signal = signal }

    /// How many items ``encoded()`` gives.
    package var itemCount: Int { self.items.count - self.supersededItems().count }

    /// Adds one chunk's items.
    ///
    /// - Parameters:
    ///   - payload: The opened payload of the chunk's frame.
    ///   - entry: The chunk.
    ///   - isWanted: Turns items away; gets what an item says, and the reference of its resource.
    /// - Throws: Where the chunk is not what its entry says; items before that place were added.
    package mutating func add(
        _ payload: FramePayload,
        _ entry: ChunkEntry,
        isWanted: (_ record: ItemRecord, _ resource: UInt32) -> Bool = { _, _ in true }
    ) throws(WireFailure) {
        let bytes = payload.bytes.raw
        var notes: [AttributeNote] = []
        var last: (resource: UInt32, scope: UInt32, group: Int)?
        try payload.forEachItem(of: entry) { resource, scope, range throws(WireFailure) in
            var record = ItemRecord()
            notes.removeAll(keepingCapacity: true)
            let reader = WireReader(bytes, range)
            switch self.signal {
            case .spans: try self.scanner.scanSpan(reader, into: &record, notes: &notes)
            default: try self.scanner.scanLog(reader, into: &record, notes: &notes)
            }
            guard isWanted(record, resource), self.isNew(record, bytes.extracting(range)) else { return }
            let group: Int
            if let last, last.resource == resource, last.scope == scope {
                group = last.group
            } else {
                group = self.group(self.table(payload, resource), self.table(payload, scope))
                last = (resource, scope, group)
            }
            self.append(record, bytes.array(range), to: group)
        }
    }

    /// Adds the items of TracesData or LogsData, as ``FramePayload/encodedItems(of:isWanted:)`` gives them.
    ///
    /// - Throws: Where the bytes are none; items before that place were added.
    package mutating func add(_ data: [UInt8]) throws(WireFailure) {
        var reader = WireReader(data.raw)
        while let envelope = reader.nextField() {
            guard envelope.number == 1, let range = envelope.payload else { continue }
            let resource = try Self.split(data.raw, range)
            for scopeRange in resource.nested {
                let scope = try Self.split(data.raw, scopeRange)
                let group = self.group(resource.envelope, scope.envelope)
                for item in scope.nested { try self.add(data.raw, item, to: group) }
            }
        }
        guard reader.isAtEnd else { throw .invalidTag(atByte: reader.offset) }
    }

    private mutating func add(_ data: RawSpan, _ range: Range<Int>, to group: Int) throws(WireFailure) {
        var record = ItemRecord()
        var notes: [AttributeNote] = []
        let reader = WireReader(data, range)
        switch self.signal {
        case .spans: try self.scanner.scanSpan(reader, into: &record, notes: &notes)
        default: try self.scanner.scanLog(reader, into: &record, notes: &notes)
        }
        guard self.isNew(record, data.extracting(range)) else { return }
        self.append(record, data.array(range), to: group)
    }

    /// Tells the fields 2 of a message, which are scopes or items, from the rest, which is its envelope.
    private static func split(
        _ data: RawSpan,
        _ range: Range<Int>
    ) throws(WireFailure) -> (envelope: [UInt8], nested: [Range<Int>]) {
        var reader = WireReader(data, range)
        var result: (envelope: [UInt8], nested: [Range<Int>]) = ([], [])
        var start = reader.offset
        while let field = reader.nextField() {
            if field.number == 2, let nested = field.payload {
                result.nested.append(nested)
            } else {
                result.envelope += data.array(start..<reader.offset)
            }
            start = reader.offset
        }
        guard reader.isAtEnd else { throw .invalidTag(atByte: reader.offset) }
        return result
    }

    /// Whether an item was not here before; records of logs have no identity.
    private mutating func isNew(_ record: ItemRecord, _ bytes: RawSpan) -> Bool {
        guard self.signal == .spans else { return true }
        guard self.seen.insert(ContentHash.hash64(bytes, seed: record.span)).inserted else {
            self.duplicateCount += 1
            return false
        }
        return true
    }

    private mutating func append(_ record: ItemRecord, _ bytes: [UInt8], to group: Int) {
        self.groups[group].items.append(self.items.count)
        self.items.append(
            Item(group: group, bytes: bytes, span: record.span, start: record.start, end: record.end)
        )
    }

    /// The items as TracesData or LogsData.
    package func encoded() -> [UInt8] {
        let dropped = self.supersededItems()
        var writer = ByteWriter()
        for group in self.groups where !group.items.allSatisfy({ dropped.contains($0) }) {
            var scope = ByteWriter()
            scope.bytes(group.scope)
            for index in group.items where !dropped.contains(index) {
                scope.field(2, self.items[index].bytes)
            }
            var resource = ByteWriter()
            resource.bytes(group.resource)
            resource.field(2, scope.bytes)
            writer.field(1, resource.bytes)
        }
        return writer.bytes
    }

    /// Open versions of spans whose ended version is here too.
    private func supersededItems() -> Set<Int> {
        guard self.signal == .spans, self.items.contains(where: { $0.end == 0 }) else { return [] }
        let ended = Set(self.items.filter { $0.end != 0 }.map(\.span))
        return Set(
            self.items.indices.filter { self.items[$0].end == 0 && ended.contains(self.items[$0].span) }
        )
    }

    private mutating func group(_ resourceBytes: [UInt8], _ scopeBytes: [UInt8]) -> Int {
        var identity = ByteWriter()
        identity.varint(UInt64(resourceBytes.count))
        identity.bytes(resourceBytes)
        identity.bytes(scopeBytes)
        if let found = self.groupIndices[identity.bytes] { return found }
        self.groupIndices[identity.bytes] = self.groups.count
        self.groups.append(Group(resource: resourceBytes, scope: scopeBytes))
        return self.groups.count - 1
    }

    private func table(_ payload: FramePayload, _ reference: UInt32) -> [UInt8] {
        reference == 0 ? [] : Array(payload.bytes[payload.tables[Int(reference) - 1].range])
    }
}
