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
            guard isWanted(record, resource) else { return }
            if self.signal == .spans {
                let hash = ContentHash.hash64(bytes.extracting(range), seed: record.span)
                guard self.seen.insert(hash).inserted else {
                    self.duplicateCount += 1
                    return
                }
            }
            let group: Int
            if let last, last.resource == resource, last.scope == scope {
                group = last.group
            } else {
                group = self.group(payload, resource, scope)
                last = (resource, scope, group)
            }
            self.groups[group].items.append(self.items.count)
            self.items.append(
                Item(
                    group: group,
                    bytes: bytes.array(range),
                    span: record.span,
                    start: record.start,
                    end: record.end
                )
            )
        }
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

    private mutating func group(_ payload: FramePayload, _ resource: UInt32, _ scope: UInt32) -> Int {
        let resourceBytes = self.table(payload, resource)
        let scopeBytes = self.table(payload, scope)
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
