package import Telemetry

/// The bytes of a request, version 1.
///
/// Byte version, byte kind, then as the kind has it: 1 trace: id · 2 search: query · 3 parts of traces: byte signal,
/// list of ids, list of attributes · 4 values: byte field, varint limit · 5 logs: query · 6 series: query · 7 slots: query,
/// list of buckets. An id is two fixed64, high word first; a list a varint count and so many; a text a varint length and UTF-8;
/// an option a byte 0, or 1 and the value. Queries have their fields in the order of their declaration, times and limits as varints;
/// the subject of a series is a byte 0, or 1 (service) or 2 (host) and a text; a bucket is two varints.
extension ReadRequest {
    /// The version that is written, and the only one that is read.
    package static let version: UInt8 = 1
    /// A request of more bytes is refused.
    package static let bytesMax = 1 << 20
    /// Terms, attributes or names in one query.
    static let conditionsMax = 1024

    /// The request as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.byte(Self.version)
        switch self {
        case .trace(let id):
            writer.byte(1)
            writer.id(id)
        case .search(let query):
            writer.byte(2)
            writer.query(query)
        case .traceParts(let ids, let signal, let attributes):
            writer.byte(3)
            writer.byte(signal.rawValue)
            writer.list(ids) { $0.id($1) }
            writer.list(attributes) { $0.attribute($1) }
        case .values(let field, let limit):
            writer.byte(4)
            writer.byte(field.rawValue)
            writer.count(limit)
        case .logs(let query):
            writer.byte(5)
            writer.query(query)
        case .series(let query):
            writer.byte(6)
            writer.query(query)
        case .slots(let query, let buckets):
            writer.byte(7)
            writer.query(query)
            writer.list(buckets) { $0.bucket($1) }
        }
        return writer.bytes
    }

    /// Reads a whole request.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none: another version (`invalidTag` at 0) or kind (at 1), or too much
    ///   of something.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount <= Self.bytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        guard try reader.byte() == Self.version else { throw .invalidTag(atByte: 0) }
        switch try reader.byte() {
        case 1: self = .trace(try reader.id())
        case 2: self = .search(try reader.searchQuery())
        case 3:
            let signal = try reader.signal()
            var ids: [TraceID] = []
            for _ in 0..<(try reader.count(max: Self.tracesMax)) { ids.append(try reader.id()) }
            self = .traceParts(ids, signal, try reader.attributes())
        case 4:
            let field = try reader.field()
            self = .values(field, limit: try reader.limit())
        case 5: self = .logs(try reader.logQuery())
        case 6: self = .series(try reader.seriesQuery())
        case 7:
            let query = try reader.seriesQuery()
            var buckets: [SlotBucket] = []
            for _ in 0..<(try reader.count(max: Self.bucketsMax)) { buckets.append(try reader.bucket()) }
            self = .slots(query, buckets)
        default: throw .invalidTag(atByte: 1)
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }
}

extension ByteWriter {
    fileprivate mutating func query(_ query: SearchQuery) {
        self.byte(query.signal.rawValue)
        self.list(query.terms) { writer, term in
            writer.byte(term.field.rawValue)
            writer.text(term.value)
        }
        for number in [query.from, query.to, query.minDuration, query.maxDuration] { self.varint(number) }
        self.byte(query.onlyErrors ? 1 : 0)
        self.list(query.attributes) { $0.attribute($1) }
        self.count(query.limit)
    }

    fileprivate mutating func query(_ query: LogQuery) {
        self.option(query.trace) { $0.id($1) }
        self.option(query.service) { $0.text($1) }
        self.byte(query.minSeverity)
        self.varint(query.from)
        self.varint(query.to)
        self.count(query.limit)
    }

    fileprivate mutating func query(_ query: SeriesQuery) {
        self.list(query.names.sorted()) { $0.text($1) }
        switch query.subject {
        case nil: self.byte(0)
        case .service(let name):
            self.byte(1)
            self.text(name)
        case .host(let id):
            self.byte(2)
            self.text(id)
        }
        self.varint(query.from)
        self.varint(query.to)
        self.option(query.step) { $0.varint($1) }
    }

    fileprivate mutating func attribute(_ attribute: AttributeMatch) {
        self.text(attribute.key)
        self.text(attribute.value)
    }
}

extension WireReader {
    fileprivate mutating func field() throws(WireFailure) -> Term.Field {
        let start = self.offset
        guard let field = Term.Field(rawValue: try self.byte()) else { throw .invalidTag(atByte: start) }
        return field
    }

    fileprivate mutating func attributes() throws(WireFailure) -> [AttributeMatch] {
        var attributes: [AttributeMatch] = []
        for _ in 0..<(try self.count(max: ReadRequest.conditionsMax)) {
            attributes.append(AttributeMatch(key: try self.text(), value: try self.text()))
        }
        return attributes
    }

    fileprivate mutating func searchQuery() throws(WireFailure) -> SearchQuery {
        var query = SearchQuery(signal: try self.signal())
        for _ in 0..<(try self.count(max: ReadRequest.conditionsMax)) {
            let field = try self.field()
            query.terms.append(Term(field, try self.text()))
        }
        query.from = try self.varint()
        query.to = try self.varint()
        query.minDuration = try self.varint()
        query.maxDuration = try self.varint()
        query.onlyErrors = try self.flag()
        query.attributes = try self.attributes()
        query.limit = try self.limit()
        return query
    }

    fileprivate mutating func logQuery() throws(WireFailure) -> LogQuery {
        var query = LogQuery()
        if try self.flag() { query.trace = try self.id() }
        if try self.flag() { query.service = try self.text() }
        query.minSeverity = try self.byte()
        query.from = try self.varint()
        query.to = try self.varint()
        query.limit = try self.limit()
        return query
    }

    fileprivate mutating func seriesQuery() throws(WireFailure) -> SeriesQuery {
        var query = SeriesQuery()
        for _ in 0..<(try self.count(max: ReadRequest.conditionsMax)) { query.names.insert(try self.text()) }
        let start = self.offset
        switch try self.byte() {
        case 0: query.subject = nil
        case 1: query.subject = .service(try self.text())
        case 2: query.subject = .host(try self.text())
        default: throw .invalidTag(atByte: start)
        }
        query.from = try self.varint()
        query.to = try self.varint()
        if try self.flag() { query.step = try self.varint() }
        return query
    }
}
