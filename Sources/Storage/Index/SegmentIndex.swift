package import Telemetry

/// The searchable picture of one segment: a row per chunk, a posting list per term, and where keys are.
///
/// Built frame by frame while the segment is open, so that fresh data is found; sealing writes it out unchanged,
/// and it can always be built again from the segment.
package struct SegmentIndex: Sendable {
    /// Stands for the service of a resource that does not name one.
    package static let unknownService = "unknown_service"

    /// One row per chunk, journal frames aside, in the order of the frames.
    package private(set) var rows: [SearchColumns.Row] = []
    /// The key of each row, and the place of its frame.
    package private(set) var keys: [Key] = []
    /// The place of each row's frame in the segment.
    package private(set) var frameOffsets: [Int] = []
    /// What the rows' services and root names point to.
    package private(set) var names: [String] = []
    /// All frames, journal frames included, in their order.
    package private(set) var frames: [FramePlace] = []
    /// What the chunks amount to, bucket by bucket.
    package private(set) var buckets = BucketTable.Builder()
    /// The latest row of each key; earlier ones hang behind it.
    private var lastRow: [Key: UInt32] = [:]
    private var previousRow: [UInt32] = []
    private var nameIndices: [String: UInt32] = [:]
    private var termIndices: [Term: Int] = [:]
    private var terms: [(term: Term, postings: Postings)] = []
    private var operations = OperationTerms()
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: []))

    /// One frame of the segment.
    package struct FramePlace: Equatable, Sendable {
        /// Its first byte in the segment.
        package var offset: Int
        /// Its header.
        package var header: FrameHeader
        /// Where the partitions of its chunks lie: a merged frame is sorted by them, others may hold any.
        package var partitions: ClosedRange<Int>
    }

    /// The index of a segment without frames.
    package init() {}

    /// All terms with their chunks, sorted, for the index file.
    package var sortedTerms: [(term: Term, postings: Postings)] {
        (self.terms + self.operations.terms(self.names)).sorted {
            ($0.term.field.rawValue, $0.term.value) < ($1.term.field.rawValue, $1.term.value)
        }
    }

    /// Adds a frame that stands at a place of the segment.
    ///
    /// - Parameters:
    ///   - frame: What its header and index say; a journal frame is noted, and nothing of it is found.
    ///   - offset: Its place in the segment.
    ///   - payload: nil where it cannot be read; the frame's chunks then have rows and keys, for rows follow from
    ///     the frames' chunk counts, but no terms.
    package mutating func add(_ frame: Frame, offset: Int, payload: FramePayload?) {
        self.frames.append(
            FramePlace(offset: offset, header: frame.header, partitions: Self.partitions(of: frame))
        )
        guard !frame.header.flags.contains(.journal) else { return }
        let resources = payload.map { self.resources($0) } ?? []
        for (number, entry) in frame.entries.enumerated() {
            self.buckets.add(frame.chunkName(ofEntry: number))
            let chunk = UInt32(truncatingIfNeeded: self.rows.count)
            let previous = self.lastRow.updateValue(chunk, forKey: entry.key)
            self.append(
                SearchColumns.Row(
                    signal: frame.header.signal,
                    flags: entry.flags,
                    firstStart: entry.firstStart,
                    duration: entry.lastEnd > entry.firstStart ? entry.lastEnd - entry.firstStart : 0,
                    itemCount: entry.itemCount,
                    errorCount: entry.errorCount,
                    service: frame.name(entry.service).map { self.name($0) } ?? SearchColumns.Row.noName,
                    rootName: frame.name(entry.rootName).map { self.name($0) } ?? SearchColumns.Row.noName,
                    trace: chunk
                ),
                previous: previous
            )
            self.keys.append(entry.key)
            self.frameOffsets.append(offset)
            guard let payload else { continue }
            switch frame.header.signal {
            case .spans: self.addSpans(payload, entry, resources, chunk)
            case .logs: self.addLogs(payload, entry, resources, chunk)
            case .points, .slots: break
            }
        }
    }

    private static func partitions(of frame: Frame) -> ClosedRange<Int> {
        guard frame.header.flags.contains(.merged), let first = frame.entries.first?.key.partition,
            let last = frame.entries.last?.key.partition, first <= last
        else { return 0...Key.partitionCount - 1 }
        return first...last
    }

    /// Adds a row; one of spans joins the trace that an earlier chunk of its key began.
    private mutating func append(_ row: SearchColumns.Row, previous: UInt32?) {
        var row = row
        if let previous {
            let first = self.rows[Int(previous)].trace
            if self.rows[Int(first)].signal == .spans {
                row.trace = first
                if row.signal == .spans { self.rows[Int(first)].widen(by: row) }
            }
        }
        self.previousRow.append(previous ?? .max)
        self.rows.append(row)
    }

    /// The chunks in which a term occurs, ascending.
    package func chunks(_ term: Term) -> [UInt32] {
        if term.field == .operation { return self.operations.chunks(term, self.names) }
        guard let index = self.termIndices[term] else { return [] }
        return self.terms[index].postings.chunks
    }

    /// The distinct values of a field, unsorted.
    package func values(_ field: Term.Field) -> [String] {
        let terms =
            field == .operation || field == .kindedOperation ? self.operations.terms(self.names) : self.terms
        return terms.filter { $0.term.field == field }.map(\.term.value)
    }

    /// The frame that stands at a place; nil where none does.
    package func frame(at offset: Int) -> FramePlace? {
        var low = 0
        var high = self.frames.count
        while low < high {
            let middle = (low + high) / 2
            if self.frames[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < self.frames.count && self.frames[low].offset == offset ? self.frames[low] : nil
    }

    /// The rows of one key, latest first.
    package func rows(of key: Key) -> [UInt32] {
        var result: [UInt32] = []
        var row = self.lastRow[key]
        while let index = row {
            result.append(index)
            let previous = self.previousRow[Int(index)]
            row = previous == .max ? nil : previous
        }
        return result
    }

    /// What a frame's resource means for each chunk that holds items of it.
    private struct Resource {
        var service: UInt32
        /// Places in ``terms`` of its service, host and version.
        var terms: [Int]
    }

    private mutating func resources(_ payload: FramePayload) -> [Resource?] {
        payload.tables.map { table in
            guard table.role == .resource else { return nil }
            let envelope = self.scanner.resource(WireReader(payload.bytes.raw, table.range))
            var terms = [self.index(of: Term(.service, envelope.service))]
            if !envelope.host.isEmpty { terms.append(self.index(of: Term(.host, envelope.host))) }
            if !envelope.version.isEmpty { terms.append(self.index(of: Term(.version, envelope.version))) }
            return Resource(service: self.name(envelope.service), terms: terms)
        }
    }

    private mutating func addSpans(
        _ payload: FramePayload,
        _ entry: ChunkEntry,
        _ resources: [Resource?],
        _ chunk: UInt32
    ) {
        var notes: [AttributeNote] = []
        var lastResource: UInt32 = 0
        var service = SearchColumns.Row.noName
        try? payload.forEachItem(of: entry) { resource, _, range throws(WireFailure) in
            var record = ItemRecord()
            notes.removeAll(keepingCapacity: true)
            try self.scanner.scanSpan(WireReader(payload.bytes.raw, range), into: &record, notes: &notes)
            if resource != lastResource {
                lastResource = resource
                service = self.addResource(resource, resources, chunk)
            }
            self.operations.add(
                service: service,
                name: payload.bytes.raw.extracting(record.name),
                kind: record.kind,
                chunk: chunk
            )
            for note in notes {
                guard let field = Term.field(of: note.meaning),
                    let value = WireReader(payload.bytes.raw, note.value).value()?.text
                else { continue }
                self.add(Term(field, value), chunk)
            }
        }
    }

    private mutating func addLogs(
        _ payload: FramePayload,
        _ entry: ChunkEntry,
        _ resources: [Resource?],
        _ chunk: UInt32
    ) {
        var notes: [AttributeNote] = []
        try? payload.forEachItem(of: entry) { resource, _, range throws(WireFailure) in
            var record = ItemRecord()
            notes.removeAll(keepingCapacity: true)
            try self.scanner.scanLog(WireReader(payload.bytes.raw, range), into: &record, notes: &notes)
            _ = self.addResource(resource, resources, chunk)
            self.add(Term(.severity, SeverityName.text(record.kind)), chunk)
            for note in notes {
                guard let field = Term.field(of: note.meaning),
                    let value = WireReader(payload.bytes.raw, note.value).value()?.text
                else { continue }
                self.add(Term(field, value), chunk)
            }
        }
    }

    /// Notes a resource's terms for a chunk; gives its service.
    private mutating func addResource(
        _ reference: UInt32,
        _ resources: [Resource?],
        _ chunk: UInt32
    ) -> UInt32 {
        guard reference > 0, let resource = resources[Int(reference) - 1] else {
            return SearchColumns.Row.noName
        }
        for term in resource.terms { self.terms[term].postings.add(chunk) }
        return resource.service
    }

    private mutating func add(_ term: Term, _ chunk: UInt32) {
        self.terms[self.index(of: term)].postings.add(chunk)
    }

    /// The place of a term; a new one gets an empty list.
    private mutating func index(of term: Term) -> Int {
        if let index = self.termIndices[term] { return index }
        self.termIndices[term] = self.terms.count
        self.terms.append((term, Postings()))
        return self.terms.count - 1
    }

    private mutating func name(_ text: String) -> UInt32 {
        if let found = self.nameIndices[text] { return found }
        let index = UInt32(truncatingIfNeeded: self.names.count)
        self.names.append(text)
        self.nameIndices[text] = index
        return index
    }
}
