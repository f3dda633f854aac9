/// Rearranges a payload of spans so that it compresses further, and back, byte for byte.
///
/// A span as its SDK sends it begins with the trace id that is the chunk's key anyway, a random id, its parent's id,
/// and two large times. Those become columns: the trace id disappears, a parent in the same chunk becomes how many
/// spans back it stands, times become small differences. The rest follows verbatim. A span that does not begin
/// exactly so is kept whole; nothing is ever changed.
///
/// Layout of the columns: varint length of each of five runs, then the runs: *heads* (per chunk its groups: resource,
/// scope, count; per span a shape byte and varint lengths), *ids*, *starts*, *durations*, *rest*.
package enum SpanColumns {
    /// Bits of a span's shape byte.
    private enum Shape {
        /// Kept whole in *rest*; no other bit means anything.
        static let whole: UInt8 = 1
        /// A parent id follows the span id.
        static let parent: UInt8 = 2
        /// The parent is in this chunk, a varint of spans back after the shape.
        static let parentHere: UInt8 = 4
        /// A kind of one byte follows the name.
        static let kind: UInt8 = 8
        /// The end lies at or after the start.
        static let forward: UInt8 = 16
    }

    private struct Runs {
        var heads = ByteWriter()
        var ids = ByteWriter()
        var starts = ByteWriter()
        var durations = ByteWriter()
        var rest = ByteWriter()
    }

    /// The columns of a payload; nil where it is not laid out as entries and tables say.
    package static func split(_ payload: [UInt8], entries: [ChunkEntry], tableCount: Int) -> [UInt8]? {
        var runs = Runs()
        var reader = WireReader(payload.raw)
        do throws(WireFailure) {
            let tables = reader.offset
            for _ in 0..<tableCount {
                _ = try reader.byte()
                _ = try reader.lengthDelimited()
            }
            runs.heads.varint(UInt64(reader.offset))
            runs.rest.bytes(payload.raw.extracting(tables..<reader.offset))
            for entry in entries {
                guard Int(entry.offset) == reader.offset else { return nil }
                try self.splitChunk(entry, &reader, &runs)
            }
            guard reader.isAtEnd else { return nil }
        } catch { return nil }
        var writer = ByteWriter(reserving: payload.count)
        let all = [
            runs.heads.bytes, runs.ids.bytes, runs.starts.bytes, runs.durations.bytes, runs.rest.bytes,
        ]
        for run in all { writer.varint(UInt64(run.count)) }
        for run in all { writer.bytes(run.raw) }
        return writer.bytes
    }

    /// The payload that ``split(_:entries:tableCount:)`` took apart.
    ///
    /// - Parameters:
    ///   - columns: The opened columns.
    ///   - entries: The frame's index.
    ///   - tableCount: Resources and scopes at the payload's front.
    ///   - count: The payload's bytes; anything else is damage.
    /// - Returns: The payload, byte for byte.
    /// - Throws: ``WireFailure`` where the columns are damaged.
    package static func join(
        _ columns: [UInt8],
        entries: [ChunkEntry],
        tableCount: Int,
        count: Int
    ) throws(WireFailure) -> [UInt8] {
        var reader = WireReader(columns.raw)
        var lengths: [Int] = []
        for _ in 0..<5 {
            let length = try reader.varint()
            guard length <= UInt64(columns.count) else { throw .lengthBeyondEnd(atByte: reader.offset) }
            lengths.append(Int(length))
        }
        var heads = WireReader(columns.raw, try reader.take(lengths[0]))
        var ids = WireReader(columns.raw, try reader.take(lengths[1]))
        var starts = WireReader(columns.raw, try reader.take(lengths[2]))
        var durations = WireReader(columns.raw, try reader.take(lengths[3]))
        var rest = WireReader(columns.raw, try reader.take(lengths[4]))
        var writer = ByteWriter(reserving: count)
        let tableBytes = try heads.varint()
        guard tableBytes <= UInt64(lengths[4]) else { throw .lengthBeyondEnd(atByte: heads.offset) }
        writer.bytes(columns.raw.extracting(try rest.take(Int(tableBytes))))
        for entry in entries {
            let end = Int(entry.offset) + Int(entry.length)
            guard writer.bytes.count == Int(entry.offset), end <= count else {
                throw .lengthBeyondEnd(atByte: heads.offset)
            }
            try self.joinChunk(entry, end, &heads, &ids, &starts, &durations, &rest, into: &writer)
        }
        guard writer.bytes.count == count else { throw .truncated(atByte: writer.bytes.count) }
        return writer.bytes
    }

    // MARK: - Taking apart

    private static func splitChunk(
        _ entry: ChunkEntry,
        _ reader: inout WireReader,
        _ runs: inout Runs
    ) throws(WireFailure) {
        let start = reader.offset
        let end = start + Int(entry.length)
        var seen: [UInt64: Int] = [:]
        var index = 0
        /// What the chunk would measure with every integer as short as can be, as it will be put together.
        var shortest = 0
        while reader.offset < end {
            let resource = try reader.varint()
            let scope = try reader.varint()
            let count = try reader.varint()
            for number in [resource, scope, count] {
                runs.heads.varint(number)
                shortest += ByteWriter.varintByteCount(number)
            }
            for _ in 0..<count {
                let body = try reader.lengthDelimited()
                shortest += ByteWriter.varintByteCount(UInt64(body.count)) + body.count
                self.splitSpan(WireReader(reader.bytes, body), entry, &seen, index, &runs)
                index += 1
            }
        }
        guard reader.offset == end, shortest == end - start else { throw .overlongInteger(atByte: start) }
    }

    private static func splitSpan(
        _ body: WireReader,
        _ entry: ChunkEntry,
        _ seen: inout [UInt64: Int],
        _ index: Int,
        _ runs: inout Runs
    ) {
        guard let parts = try? Parts(body, key: entry.key) else {
            runs.heads.byte(Shape.whole)
            runs.heads.varint(UInt64(body.end - body.offset))
            runs.rest.bytes(body.bytes.extracting(body.offset..<body.end))
            return
        }
        var shape: UInt8 = parts.kind == nil ? 0 : Shape.kind
        let distance = parts.parent.flatMap { seen[$0] }.map { index - $0 }
        if parts.parent != nil { shape |= distance == nil ? Shape.parent : Shape.parent | Shape.parentHere }
        if parts.end >= parts.start { shape |= Shape.forward }
        runs.heads.byte(shape)
        if let distance { runs.heads.varint(UInt64(distance)) }
        runs.heads.varint(UInt64(parts.name.count))
        runs.heads.varint(UInt64(parts.tail.count))
        runs.ids.fixed64(parts.span.bigEndian)
        if let parent = parts.parent, distance == nil { runs.ids.fixed64(parent.bigEndian) }
        runs.starts.zigzag(Int64(bitPattern: parts.start &- entry.firstStart))
        runs.durations.varint(parts.end >= parts.start ? parts.end - parts.start : parts.start - parts.end)
        runs.rest.bytes(body.bytes.extracting(parts.name))
        if let kind = parts.kind { runs.rest.byte(kind) }
        runs.rest.bytes(body.bytes.extracting(parts.tail))
        seen[parts.span] = index
    }

    /// The front of a span in exactly the form that SDKs write: 1 trace id, 2 span id, 4 parent, 5 name, 6 kind,
    /// 7 start, 8 end, each as short as can be.
    private struct Parts {
        var span: UInt64
        var parent: UInt64?
        var name: Range<Int>
        var kind: UInt8?
        var start: UInt64
        var end: UInt64
        var tail: Range<Int>

        init(_ body: WireReader, key: Key) throws(WireFailure) {
            var reader = body
            try reader.expect(0x0a)
            try reader.expect(16)
            let high = try reader.fixed64().bigEndian
            let low = try reader.fixed64().bigEndian
            guard Key(high: high, low: low) == key else { throw .invalidTag(atByte: body.offset) }
            try reader.expect(0x12)
            try reader.expect(8)
            self.span = try reader.fixed64().bigEndian
            var tag = try reader.byte()
            if tag == 0x22 {
                try reader.expect(8)
                self.parent = try reader.fixed64().bigEndian
                tag = try reader.byte()
            }
            guard tag == 0x2a else { throw .invalidTag(atByte: reader.offset) }
            let lengthOffset = reader.offset
            self.name = try reader.lengthDelimited()
            var length = ByteWriter()
            length.varint(UInt64(self.name.count))
            guard self.name.lowerBound - lengthOffset == length.bytes.count else {
                throw .overlongInteger(atByte: lengthOffset)
            }
            tag = try reader.byte()
            if tag == 0x30 {
                let kind = try reader.byte()
                guard kind < 0x80 else { throw .invalidTag(atByte: reader.offset) }
                self.kind = kind
                tag = try reader.byte()
            }
            guard tag == 0x39 else { throw .invalidTag(atByte: reader.offset) }
            self.start = try reader.fixed64()
            try reader.expect(0x41)
            self.end = try reader.fixed64()
            self.tail = reader.offset..<reader.end
        }
    }

    // MARK: - Putting together

    private static func joinChunk(
        _ entry: ChunkEntry,
        _ end: Int,
        _ heads: inout WireReader,
        _ ids: inout WireReader,
        _ starts: inout WireReader,
        _ durations: inout WireReader,
        _ rest: inout WireReader,
        into writer: inout ByteWriter
    ) throws(WireFailure) {
        var spans: [UInt64] = []
        while writer.bytes.count < end {
            writer.varint(try heads.varint())
            writer.varint(try heads.varint())
            let count = try heads.varint()
            writer.varint(count)
            for _ in 0..<count {
                guard writer.bytes.count < end else { throw .tooMany(atByte: heads.offset) }
                let shape = try heads.byte()
                if shape == Shape.whole {
                    let length = try heads.varint()
                    guard length <= UInt64(rest.end - rest.offset) else {
                        throw .lengthBeyondEnd(atByte: heads.offset)
                    }
                    writer.varint(length)
                    writer.bytes(rest.bytes.extracting(try rest.take(Int(length))))
                    spans.append(0)
                    continue
                }
                var parent: UInt64?
                var back: UInt64 = 0
                if shape & Shape.parentHere != 0 { back = try heads.varint() }
                let name = try heads.varint()
                let tail = try heads.varint()
                let left = UInt64(rest.end - rest.offset)
                guard name <= left, tail <= left else { throw .lengthBeyondEnd(atByte: heads.offset) }
                let span = try ids.fixed64().bigEndian
                if shape & Shape.parentHere != 0 {
                    guard back > 0, back <= UInt64(spans.count) else { throw .tooMany(atByte: heads.offset) }
                    parent = spans[spans.count - Int(back)]
                } else if shape & Shape.parent != 0 {
                    parent = try ids.fixed64().bigEndian
                }
                let start = entry.firstStart &+ UInt64(bitPattern: try starts.zigzag())
                let duration = try durations.varint()
                spans.append(span)
                var front = Front(key: entry.key, span: span, parent: parent)
                front.start = start
                front.end = shape & Shape.forward != 0 ? start &+ duration : start &- duration
                let nameRange = try rest.take(Int(name))
                if shape & Shape.kind != 0 { front.kind = try rest.byte() }
                front.write(
                    rest.bytes.extracting(nameRange),
                    rest.bytes.extracting(try rest.take(Int(tail))),
                    &writer
                )
            }
        }
        guard writer.bytes.count == end else { throw .lengthBeyondEnd(atByte: heads.offset) }
    }

    /// The front of a span, to be written as it was sent.
    private struct Front {
        var key: Key
        var span: UInt64
        var parent: UInt64?
        var kind: UInt8?
        var start: UInt64 = 0
        var end: UInt64 = 0

        init(key: Key, span: UInt64, parent: UInt64?) {
            self.key = key
            self.span = span
            self.parent = parent
        }

        func write(_ name: RawSpan, _ tail: RawSpan, _ writer: inout ByteWriter) {
            var nameLength = ByteWriter()
            nameLength.varint(UInt64(name.byteCount))
            let fixed = 18 + 10 + (self.parent == nil ? 0 : 10) + (self.kind == nil ? 0 : 2) + 18
            writer.varint(UInt64(fixed + 1 + nameLength.bytes.count + name.byteCount + tail.byteCount))
            writer.byte(0x0a)
            writer.byte(16)
            writer.fixed64(self.key.high.bigEndian)
            writer.fixed64(self.key.low.bigEndian)
            writer.byte(0x12)
            writer.byte(8)
            writer.fixed64(self.span.bigEndian)
            if let parent = self.parent {
                writer.byte(0x22)
                writer.byte(8)
                writer.fixed64(parent.bigEndian)
            }
            writer.byte(0x2a)
            writer.bytes(nameLength.bytes.raw)
            writer.bytes(name)
            if let kind = self.kind {
                writer.byte(0x30)
                writer.byte(kind)
            }
            writer.byte(0x39)
            writer.fixed64(self.start)
            writer.byte(0x41)
            writer.fixed64(self.end)
            writer.bytes(tail)
        }
    }
}

extension WireReader {
    fileprivate mutating func expect(_ byte: UInt8) throws(WireFailure) {
        let place = self.offset
        guard try self.byte() == byte else { throw .invalidTag(atByte: place) }
    }
}
