package import Telemetry

/// The bytes of an answer, version 1.
///
/// Byte version, byte kind as in ``ReadRequest``, then the fields in the order of their declaration. Times, counts and
/// sequences are varints, digests fixed64; a frame's id is two fixed64 and a varint, a chunk's that and the key's two fixed64; data
/// has a varint length before it; lists, options, texts and buckets are as in a request. A series, a slot and a value are as in a frame.
extension ReadAnswer {
    /// The version that is written, and the only one that is read.
    package static let version: UInt8 = 1
    /// An answer of more bytes is refused.
    package static let bytesMax = 256 << 20

    /// The answer as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 1024)
        writer.byte(Self.version)
        switch self {
        case .trace(let answer):
            writer.byte(1)
            writer.varint(UInt64(UInt32(clamping: answer.damagedFrames)))
            writer.list(answer.chunks) { writer, chunk in
                writer.id(chunk.frame)
                writer.byte(chunk.signal.rawValue)
                writer.data(chunk.data)
            }
        case .search(let answer):
            writer.byte(2)
            writer.list(answer.hits) { $0.hit($1) }
            writer.byte(answer.isComplete ? 1 : 0)
            writer.list(answer.missing) { $0.text($1) }
        case .traceParts(let traces):
            writer.byte(3)
            writer.list(traces) { writer, parts in
                writer.id(parts.trace)
                writer.list(parts.chunks) { $0.fact($1) }
            }
        case .values(let values):
            writer.byte(4)
            writer.list(values) { $0.text($1) }
        case .logs(let answer):
            writer.byte(5)
            writer.list(answer.chunks) { $0.logs($1) }
            writer.byte(answer.isComplete ? 1 : 0)
        case .series(let parts):
            writer.byte(6)
            writer.list(parts) { $0.part($1) }
        case .slots(let chunks):
            writer.byte(7)
            writer.list(chunks) { $0.slots($1) }
        }
        return writer.bytes
    }

    /// Reads a whole answer.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none: another version (`invalidTag` at 0) or kind (at 1), or too much
    ///   of something.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount <= Self.bytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        guard try reader.byte() == Self.version else { throw .invalidTag(atByte: 0) }
        switch try reader.byte() {
        case 1: self = .trace(try reader.traceChunks())
        case 2: self = .search(try reader.searchAnswer())
        case 3:
            var traces: [TraceParts] = []
            for _ in 0..<(try reader.count(max: ReadRequest.tracesMax)) {
                traces.append(try reader.traceParts())
            }
            self = .traceParts(traces)
        case 4:
            var values: [String] = []
            for _ in 0..<(try reader.count()) { values.append(try reader.text()) }
            self = .values(values)
        case 5:
            var chunks: [LogChunk] = []
            for _ in 0..<(try reader.count()) { chunks.append(try reader.logChunk()) }
            self = .logs(LogChunks(chunks: chunks, isComplete: try reader.flag()))
        case 6:
            var parts: [SlotPart] = []
            for _ in 0..<(try reader.count()) { parts.append(try reader.slotPart()) }
            self = .series(parts)
        case 7:
            var chunks: [SlotChunk] = []
            for _ in 0..<(try reader.count()) { chunks.append(try reader.slotChunk()) }
            self = .slots(chunks)
        default: throw .invalidTag(atByte: 1)
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }
}

extension ByteWriter {
    fileprivate mutating func hit(_ hit: TraceHit) {
        self.id(hit.trace)
        self.varint(hit.start)
        self.varint(hit.end)
        self.count(hit.spanCount)
        self.count(hit.errorCount)
        self.option(hit.rootService) { $0.text($1) }
        self.option(hit.rootName) { $0.text($1) }
    }

    fileprivate mutating func fact(_ fact: ChunkFact) {
        self.id(fact.frame)
        self.varint(fact.start)
        self.varint(fact.end)
        self.varint(UInt64(fact.itemCount))
        self.varint(UInt64(fact.errorCount))
        self.byte(fact.isRoot ? 1 : 0)
        self.byte(fact.hasAttributes ? 1 : 0)
        self.option(fact.service) { $0.text($1) }
        self.option(fact.rootName) { $0.text($1) }
    }

    fileprivate mutating func logs(_ chunk: LogChunk) {
        self.id(chunk.id)
        self.varint(chunk.lastEnd)
        self.count(chunk.count)
        self.data(chunk.data)
    }

    fileprivate mutating func part(_ part: SlotPart) {
        self.bucket(part.bucket)
        self.varint(part.count)
        self.fixed64(part.digest)
        self.list(part.lines) { writer, line in
            line.series.encode(into: &writer)
            writer.list(line.points) { writer, point in
                writer.varint(point.start)
                point.value.encode(into: &writer)
            }
            writer.byte(line.isEstimated ? 1 : 0)
        }
    }

    fileprivate mutating func slots(_ chunk: SlotChunk) {
        self.id(chunk.id)
        self.varint(chunk.hour)
        self.byte(chunk.isRolledUp ? 1 : 0)
        self.list(chunk.slots) { $1.encode(into: &$0) }
    }
}

extension WireReader {
    fileprivate mutating func traceChunks() throws(WireFailure) -> TraceChunks {
        let damaged = Int(try self.number32())
        var chunks: [TraceChunk] = []
        for _ in 0..<(try self.count()) {
            let frame = try self.frame()
            chunks.append(TraceChunk(frame: frame, signal: try self.signal(), data: try self.data()))
        }
        return TraceChunks(chunks: chunks, damagedFrames: damaged)
    }

    fileprivate mutating func searchAnswer() throws(WireFailure) -> SearchAnswer {
        var hits: [TraceHit] = []
        for _ in 0..<(try self.count()) {
            var hit = TraceHit(trace: try self.id())
            hit.start = try self.varint()
            hit.end = try self.varint()
            hit.spanCount = try self.limit()
            hit.errorCount = try self.limit()
            hit.rootService = try self.optionalText()
            hit.rootName = try self.optionalText()
            hits.append(hit)
        }
        let isComplete = try self.flag()
        var missing: [String] = []
        for _ in 0..<(try self.count()) { missing.append(try self.text()) }
        return SearchAnswer(hits: hits, isComplete: isComplete, missing: missing)
    }

    fileprivate mutating func traceParts() throws(WireFailure) -> TraceParts {
        var parts = TraceParts(trace: try self.id(), chunks: [])
        for _ in 0..<(try self.count()) {
            let frame = try self.frame()
            let start = try self.varint()
            let end = try self.varint()
            let items = try self.number32()
            let errors = try self.number32()
            let isRoot = try self.flag()
            let hasAttributes = try self.flag()
            var fact = ChunkFact(
                frame: frame,
                start: start,
                end: end,
                itemCount: items,
                errorCount: errors,
                isRoot: isRoot,
                service: try self.optionalText(),
                rootName: try self.optionalText()
            )
            fact.hasAttributes = hasAttributes
            parts.chunks.append(fact)
        }
        return parts
    }

    fileprivate mutating func logChunk() throws(WireFailure) -> LogChunk {
        let id = try self.chunk()
        let lastEnd = try self.varint()
        return LogChunk(id: id, lastEnd: lastEnd, count: try self.limit(), data: try self.data())
    }

    fileprivate mutating func slotPart() throws(WireFailure) -> SlotPart {
        let bucket = try self.bucket()
        let count = try self.varint()
        let digest = try self.fixed64()
        var lines: [SeriesLine] = []
        for _ in 0..<(try self.count()) {
            let series = try Series(from: &self)
            var points: [SeriesPoint] = []
            for _ in 0..<(try self.count()) {
                let start = try self.varint()
                points.append(SeriesPoint(start: start, value: try SlotValue(from: &self)))
            }
            lines.append(SeriesLine(series: series, points: points, isEstimated: try self.flag()))
        }
        return SlotPart(bucket: bucket, count: count, digest: digest, lines: lines)
    }

    fileprivate mutating func slotChunk() throws(WireFailure) -> SlotChunk {
        var chunk = SlotChunk(
            id: try self.chunk(),
            hour: try self.varint(),
            isRolledUp: try self.flag(),
            slots: []
        )
        for _ in 0..<(try self.count()) { chunk.slots.append(try Slot(from: &self)) }
        return chunk
    }
}
