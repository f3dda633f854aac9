/// Writes protobuf bytes of one message as OTLP/JSON.
///
/// A message's fields are found first, in one pass, and chained by field, because JSON wants each name once while
/// protobuf may interleave, repeat and overwrite them. Open messages stand on a stack of plain values.
struct ProtobufTranscoder: ~Copyable, ~Escapable {
    /// One occurrence of a known field.
    struct Record {
        var field: ProtobufReader.Field
        /// The next occurrence of the same field, or -1.
        var next = -1
    }

    /// A message that is being written.
    private struct Frame {
        var message: OTLPMessage
        /// Its records are the last ones, from here on.
        var firstRecord: Int
        /// Its chains are the last ones, from here on: one for each field.
        var firstChain: Int
        /// Which field is written next, counted from the message's first.
        var position = 0
        /// The element to write next of the list of messages that is open.
        var element: Element = .none
    }

    private enum Element {
        case none
        case record(Int)
        case end
    }

    /// First and last occurrence of a field, -1 when there is none.
    private struct Chain {
        var first = -1
        var last = -1
    }

    let bytes: Span<UInt8>
    var writer: JSONWriter
    var records: [Record] = []
    let schema = OTLPSchema.shared
    private var chains: [Chain] = []
    private var frames: [Frame] = []

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        self.writer = JSONWriter(capacityBytes: bytes.count &* 3)
    }

    /// Writes the whole of the bytes as one message.
    mutating func run(as root: OTLPMessage) throws(ProtobufFailure) -> [UInt8] {
        let whole = ProtobufReader.Field(number: 1, wireType: 2, content: 0..<self.bytes.count, start: 0)
        self.records.append(Record(field: whole))
        try self.open(root, from: 0, merging: false)
        while let frame = self.frames.popLast() {
            try self.step(frame)
        }
        return self.writer.bytes
    }

    /// Writes what comes next of the innermost message, which was taken off the stack.
    private mutating func step(_ innermost: Frame) throws(ProtobufFailure) {
        var frame = innermost
        let range = self.schema.entryRanges[frame.message.rawValue]
        while frame.position < range.count {
            let index = range.lowerBound &+ frame.position
            let entry = self.schema.entries[index]
            guard case .message(let child) = entry.kind else {
                try self.scalars(index, entry, self.chains[frame.firstChain &+ frame.position].first)
                frame.position &+= 1
                continue
            }
            switch frame.element {
            case .none:
                let first = self.chains[frame.firstChain &+ frame.position].first
                guard first >= 0 else {
                    frame.position &+= 1
                    continue
                }
                self.writer.key(plain: self.schema.keys[index])
                guard entry.isRepeated else {
                    frame.position &+= 1
                    self.frames.append(frame)
                    return try self.open(child, from: first, merging: true)
                }
                self.writer.beginArray()
                frame.element = .record(first)
            case .record(let record):
                let next = self.records[record].next
                frame.element = next < 0 ? .end : .record(next)
                self.frames.append(frame)
                return try self.open(child, from: record, merging: false)
            case .end:
                self.writer.endArray()
                frame.element = .none
                frame.position &+= 1
            }
        }
        self.writer.endObject()
        self.records.removeSubrange(frame.firstRecord...)
        self.chains.removeSubrange(frame.firstChain...)
    }

    /// Starts a message: finds its fields.
    ///
    /// When merging, all further occurrences belong to the same message, as protobuf merges them.
    private mutating func open(
        _ message: OTLPMessage,
        from record: Int,
        merging: Bool
    ) throws(ProtobufFailure) {
        guard self.frames.count < JSONReader.depthMax else {
            throw .tooDeep(atByte: self.records[record].field.start)
        }
        let frame = Frame(message: message, firstRecord: self.records.count, firstChain: self.chains.count)
        let entries = self.schema.entryRanges[message.rawValue]
        for _ in entries { self.chains.append(Chain()) }
        var oneof = -1
        var part = record
        while part >= 0 {
            var reader = ProtobufReader(self.bytes, self.records[part].field.content)
            while !reader.isAtEnd {
                let field = try reader.field()
                guard let index = self.schema.entry(numbered: field.number, in: message) else { continue }
                let entry = self.schema.entries[index]
                let isMember = entry.kindWireType == field.wireType || (entry.isPacked && field.wireType == 2)
                // Another kind of value than the table's is an unknown field, as in every protobuf reader.
                guard isMember else { continue }
                let chain = frame.firstChain &+ index &- entries.lowerBound
                if entry.isOneof {
                    // The member that comes last displaces the others.
                    if oneof >= 0, oneof != chain { self.chains[oneof] = Chain() }
                    oneof = chain
                }
                self.append(Record(field: field), to: chain)
            }
            part = merging ? self.records[part].next : -1
        }
        self.writer.beginObject()
        self.frames.append(frame)
    }

    private mutating func append(_ record: Record, to chain: Int) {
        let index = self.records.count
        self.records.append(record)
        if self.chains[chain].last >= 0 {
            self.records[self.chains[chain].last].next = index
        } else {
            self.chains[chain].first = index
        }
        self.chains[chain].last = index
    }
}
