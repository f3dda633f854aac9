import Telemetry

/// Where the ids and times of a request of spans stand.
///
/// Found by walking the finished bytes, so that any request can be a template, whoever encoded it.
struct PatchPlan: Sendable {
    /// Where an id stands, and which of the distinct ids it is.
    struct IDPlace: Sendable {
        var offset: UInt32
        var index: UInt32
    }

    /// Where a time stands, and what it was in the template.
    struct TimePlace: Sendable {
        var offset: UInt32
        var nanoseconds: UInt64
    }

    private(set) var traces: [IDPlace] = []
    private(set) var spans: [IDPlace] = []
    private(set) var times: [TimePlace] = []
    /// The template's own trace ids, by index.
    private(set) var traceIDs: [TraceID] = []
    /// How many distinct span ids there are, those of absent parents included.
    private(set) var spanIDCount = 0
    private(set) var itemCount = 0
    private(set) var errorCount = 0
    private(set) var damagedCount = 0
    /// The latest end of a span.
    private(set) var latest: UInt64 = 0

    private var traceIndices: [TraceID: UInt32] = [:]
    private var spanIndices: [SpanKey: UInt32] = [:]

    /// Span ids are distinct only inside their trace.
    private struct SpanKey: Hashable {
        var trace: TraceID
        var span: UInt64
    }

    /// The ids of a link and where they stand.
    private struct Link {
        var trace: Int?
        var span: Int?
    }

    init(_ bytes: RawSpan) {
        guard bytes.byteCount <= UInt32.max else { return }
        var links: [Link] = []
        var request = WireReader(bytes)
        while !request.isAtEnd, let field = request.nextField() {
            guard field.number == 1, let payload = field.payload else { continue }
            var group = WireReader(bytes, payload)
            while !group.isAtEnd, let field = group.nextField() {
                guard field.number == 2, let payload = field.payload else { continue }
                var scope = WireReader(bytes, payload)
                while !scope.isAtEnd, let field = scope.nextField() {
                    guard field.number == 2, let payload = field.payload else { continue }
                    self.addSpan(WireReader(bytes, payload), links: &links)
                }
            }
        }
        // Links may point to traces that come later in the request.
        for link in links { self.add(link, bytes) }
        self.traceIndices = [:]
        self.spanIndices = [:]
    }

    private mutating func addSpan(_ body: WireReader, links: inout [Link]) {
        var reader = body
        var trace: Int?
        var span: Int?
        var parent: Int?
        self.itemCount += 1
        while !reader.isAtEnd, let field = reader.nextField() {
            switch (field.number, field.payload) {
            case (1, let payload?): trace = payload.count == 16 ? payload.lowerBound : nil
            case (2, let payload?): span = payload.count == 8 ? payload.lowerBound : nil
            case (4, let payload?): parent = payload.count == 8 ? payload.lowerBound : nil
            case (7, nil), (8, nil): self.addTime(field, reader.bytes)
            case (11, let payload?):
                var event = WireReader(reader.bytes, payload)
                while !event.isAtEnd, let field = event.nextField() {
                    if field.number == 1, field.payload == nil { self.addTime(field, reader.bytes) }
                }
            case (13, let payload?): links.append(Self.link(WireReader(reader.bytes, payload)))
            case (15, let payload?): self.addStatus(WireReader(reader.bytes, payload))
            default: continue
            }
        }
        let bytes = reader.bytes
        guard let trace, let traceID = bytes.traceID(at: trace), let span, bytes.word(at: span) != 0 else {
            self.damagedCount += 1
            return
        }
        let index = self.traceIndex(of: traceID)
        self.traces.append(IDPlace(offset: UInt32(trace), index: index))
        self.addSpanID(at: span, in: traceID, bytes)
        if let parent { self.addSpanID(at: parent, in: traceID, bytes) }
    }

    private mutating func traceIndex(of id: TraceID) -> UInt32 {
        if let known = self.traceIndices[id] { return known }
        let index = UInt32(self.traceIDs.count)
        self.traceIndices[id] = index
        self.traceIDs.append(id)
        return index
    }

    private mutating func addSpanID(at offset: Int, in trace: TraceID, _ bytes: RawSpan) {
        let bits = bytes.word(at: offset)
        guard bits != 0 else { return }
        let key = SpanKey(trace: trace, span: bits)
        let index = self.spanIndices[key] ?? UInt32(self.spanIDCount)
        if self.spanIndices.updateValue(index, forKey: key) == nil { self.spanIDCount += 1 }
        self.spans.append(IDPlace(offset: UInt32(offset), index: index))
    }

    /// Notes a time that is there; zero means unknown and stays zero.
    private mutating func addTime(_ field: WireField, _ bytes: RawSpan) {
        let tag = bytes.array(field.lengthOffset - 1..<field.lengthOffset)
        guard tag.first == UInt8(truncatingIfNeeded: field.number << 3 | 1) else { return }
        let value = bytes.word(at: field.lengthOffset).byteSwapped
        guard value != 0 else { return }
        self.times.append(TimePlace(offset: UInt32(field.lengthOffset), nanoseconds: value))
        if field.number == 8 { self.latest = max(self.latest, value) }
    }

    private mutating func addStatus(_ status: WireReader) {
        var reader = status
        while !reader.isAtEnd, let field = reader.nextField() {
            guard field.number == 3, field.payload == nil else { continue }
            let value = reader.bytes.array(field.lengthOffset..<field.lengthOffset + 1)
            if value == [2] { self.errorCount += 1 }
        }
    }

    private static func link(_ body: WireReader) -> Link {
        var reader = body
        var link = Link()
        while !reader.isAtEnd, let field = reader.nextField() {
            switch (field.number, field.payload) {
            case (1, let payload?): link.trace = payload.count == 16 ? payload.lowerBound : nil
            case (2, let payload?): link.span = payload.count == 8 ? payload.lowerBound : nil
            default: continue
            }
        }
        return link
    }

    /// Keeps a link inside the request pointing where it did; one that leads out of it stays as it is.
    private mutating func add(_ link: Link, _ bytes: RawSpan) {
        guard let offset = link.trace, let id = bytes.traceID(at: offset), let index = self.traceIndices[id]
        else { return }
        self.traces.append(IDPlace(offset: UInt32(offset), index: index))
        if let span = link.span { self.addSpanID(at: span, in: id, bytes) }
    }
}

extension RawSpan {
    /// Eight bytes, most significant first; zero where they do not lie inside.
    fileprivate func word(at offset: Int) -> UInt64 {
        var reader = WireReader(self, max(offset, 0)..<self.byteCount)
        do throws(WireFailure) { return try reader.fixed64().byteSwapped } catch { return 0 }
    }

    /// The trace id of 16 bytes; nil where it is all zeros.
    fileprivate func traceID(at offset: Int) -> TraceID? {
        let id = TraceID(high: self.word(at: offset), low: self.word(at: offset + 8))
        return id.isValid ? id : nil
    }
}
