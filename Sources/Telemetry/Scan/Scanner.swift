/// Walks an OTLP request in place, in one pass, and notes where everything is.
///
/// No message objects, no copies of attribute values. It accepts exactly what a protobuf decoder of the
/// specification's messages accepts (opentelemetry-proto 1.x); a differential fuzzer holds it to that.
/// Unknown fields, groups and fields of an unexpected wire type are passed over and stay in the bytes.
package struct Scanner: Sendable {
    /// Messages may nest this deep, as in SwiftProtobuf's default.
    package static let depthLimit = 100
    /// Requests may hold this many items.
    package static let itemsMax = 1_000_000

    /// Which attributes to note.
    package var filter: AttributeFilter

    /// A scanner that notes what a filter wants.
    package init(filter: AttributeFilter) { self.filter = filter }

    /// Scans an ExportTraceServiceRequest (or TracesData, which has the same shape).
    package func scanTraces(_ bytes: RawSpan, into result: inout ScanResult) throws(WireFailure) {
        try self.scanRequest(bytes, items: .spans, into: &result)
    }

    /// Scans an ExportLogsServiceRequest (or LogsData).
    package func scanLogs(_ bytes: RawSpan, into result: inout ScanResult) throws(WireFailure) {
        try self.scanRequest(bytes, items: .logs, into: &result)
    }

    /// Scans an ExportMetricsServiceRequest (or MetricsData); an item is one Metric, of which only the body,
    /// the name and content are noted.
    package func scanMetrics(_ bytes: RawSpan, into result: inout ScanResult) throws(WireFailure) {
        try self.scanRequest(bytes, items: .points, into: &result)
    }

    /// The three requests share one shape: request → 1 resource group → 2 scope group → 2 item.
    private func scanRequest(
        _ bytes: RawSpan,
        items: Signal,
        into result: inout ScanResult
    ) throws(WireFailure) {
        result.removeAll()
        var reader = WireReader(bytes)
        while !reader.isAtEnd {
            let start = reader.offset
            let tag = try reader.tag()
            if tag == 1 << 3 | WireType.lengthDelimited {
                let range = try reader.lengthDelimited()
                try self.scanResourceGroup(WireReader(bytes, inside: range), items: items, into: &result)
            } else {
                try reader.skip(tag, depth: Self.depthLimit - 1)
                result.requestExtras.append(bytes, start..<reader.offset)
            }
        }
    }

    private func scanResourceGroup(
        _ group: WireReader,
        items: Signal,
        into result: inout ScanResult
    ) throws(WireFailure) {
        var envelope = Envelope(role: .resource, offset: result.envelopeBytes.count, length: 0)
        envelope.firstNote = UInt32(truncatingIfNeeded: result.envelopeNotes.count)
        let index = UInt32(truncatingIfNeeded: result.envelopes.count)
        // The envelope's bytes must be adjacent, so they are gathered before any scope adds its own.
        var reader = group
        while !reader.isAtEnd {
            let start = reader.offset
            let tag = try reader.tag()
            let noteCount = result.envelopeNotes.count
            switch tag {
            case 1 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.scanResource(
                    WireReader(reader.bytes, inside: range),
                    into: &envelope,
                    notes: &result.envelopeNotes
                )
            case 2 << 3 | WireType.lengthDelimited:
                _ = try reader.lengthDelimited()
                continue
            case 3 << 3 | WireType.lengthDelimited: _ = try reader.string()
            default: try reader.skip(tag, depth: Self.depthLimit - 2)
            }
            result.appendToEnvelope(reader.bytes, start..<reader.offset, notesFrom: noteCount)
        }
        envelope.length = UInt32(truncatingIfNeeded: result.envelopeBytes.count) - envelope.offset
        envelope.noteCount = UInt32(truncatingIfNeeded: result.envelopeNotes.count) - envelope.firstNote
        result.envelopes.append(envelope)

        reader = group
        while !reader.isAtEnd {
            let tag = try reader.tag()
            guard tag == 2 << 3 | WireType.lengthDelimited else {
                try reader.skip(tag, depth: Self.depthLimit - 2)
                continue
            }
            let range = try reader.lengthDelimited()
            try self.scanScopeGroup(
                WireReader(reader.bytes, inside: range),
                resource: index,
                items: items,
                into: &result
            )
        }
    }

    private func scanScopeGroup(
        _ group: WireReader,
        resource: UInt32,
        items: Signal,
        into result: inout ScanResult
    ) throws(WireFailure) {
        var envelope = Envelope(role: .scope, offset: result.envelopeBytes.count, length: 0)
        envelope.firstNote = UInt32(truncatingIfNeeded: result.envelopeNotes.count)
        let index = UInt32(truncatingIfNeeded: result.envelopes.count)
        var reader = group
        while !reader.isAtEnd {
            let start = reader.offset
            let tag = try reader.tag()
            let noteCount = result.envelopeNotes.count
            switch tag {
            case 1 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                try self.checkScope(WireReader(reader.bytes, inside: range), notes: &result.envelopeNotes)
            case 2 << 3 | WireType.lengthDelimited:
                let range = try reader.lengthDelimited()
                guard result.items.count < Self.itemsMax else { throw .tooMany(atByte: range.lowerBound) }
                var record = ItemRecord()
                record.resource = resource
                record.scope = index
                record.bodyOffset = UInt32(truncatingIfNeeded: range.lowerBound)
                record.bodyLength = UInt32(truncatingIfNeeded: range.count)
                record.firstNote = UInt32(truncatingIfNeeded: result.notes.count)
                let body = WireReader(reader.bytes, inside: range)
                switch items {
                case .spans: try self.scanSpan(body, into: &record, notes: &result.notes)
                case .logs: try self.scanLog(body, into: &record, notes: &result.notes)
                default: try self.scanMetric(body, into: &record, notes: &result.notes)
                }
                record.noteCount = UInt32(truncatingIfNeeded: result.notes.count) - record.firstNote
                result.items.append(record)
                continue
            case 3 << 3 | WireType.lengthDelimited: _ = try reader.string()
            default: try reader.skip(tag, depth: Self.depthLimit - 3)
            }
            result.appendToEnvelope(reader.bytes, start..<reader.offset, notesFrom: noteCount)
        }
        envelope.length = UInt32(truncatingIfNeeded: result.envelopeBytes.count) - envelope.offset
        envelope.noteCount = UInt32(truncatingIfNeeded: result.envelopeNotes.count) - envelope.firstNote
        result.envelopes.append(envelope)
    }
}
