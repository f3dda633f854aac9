/// The messages inside a Metric, and which of their length-delimited fields a decoder looks into.
///
/// Metrics come far less often than spans, so one table and one walker check them.
private enum MetricMessage {
    case metric
    case numberData
    case histogramData
    case exponentialData
    case summaryData
    case numberPoint
    case histogramPoint
    case exponentialPoint
    case summaryPoint
    case buckets
    case quantile
    case exemplar

    enum Content {
        case text
        case pair
        case message(MetricMessage)
        case packedFixed64
        case packedVarint
    }

    /// What a length-delimited field holds; nil for fields that are passed over.
    func content(ofField number: UInt32) -> Content? {
        switch (self, number) {
        case (.metric, 1), (.metric, 2), (.metric, 3): .text
        case (.metric, 5), (.metric, 7): .message(.numberData)
        case (.metric, 9): .message(.histogramData)
        case (.metric, 10): .message(.exponentialData)
        case (.metric, 11): .message(.summaryData)
        case (.numberData, 1): .message(.numberPoint)
        case (.histogramData, 1): .message(.histogramPoint)
        case (.exponentialData, 1): .message(.exponentialPoint)
        case (.summaryData, 1): .message(.summaryPoint)
        case (.numberPoint, 5), (.histogramPoint, 8), (.exponentialPoint, 11): .message(.exemplar)
        case (.metric, 12), (.numberPoint, 7), (.histogramPoint, 9), (.exponentialPoint, 1),
            (.summaryPoint, 7), (.exemplar, 7):
            .pair
        case (.histogramPoint, 6), (.histogramPoint, 7): .packedFixed64
        case (.exponentialPoint, 8), (.exponentialPoint, 9): .message(.buckets)
        case (.buckets, 2): .packedVarint
        case (.summaryPoint, 6): .message(.quantile)
        default: nil
        }
    }
}

extension Scanner {
    /// Checks one Metric (metrics.proto) whole; notes its name and what is content.
    func scanMetric(
        _ body: WireReader,
        into record: inout ItemRecord,
        notes: inout [AttributeNote]
    ) throws(WireFailure) {
        try self.check(body, .metric, notes: &notes, depth: Self.depthLimit - 4)
        var reader = body
        record.units = 0
        var kind: UInt32 = 0
        while let field = reader.nextField() {
            guard let payload = field.payload else { continue }
            switch field.number {
            case 1:
                record.nameOffset = UInt32(truncatingIfNeeded: payload.lowerBound)
                record.nameLength = UInt32(truncatingIfNeeded: payload.count)
            case 5, 7, 9, 10, 11:
                var data = WireReader(body.bytes, payload)
                // The fields are one choice: the same one again adds its points, another one replaces it.
                if kind != field.number { record.units = 0 }
                kind = field.number
                while let point = data.nextField() {
                    if point.number == 1, point.payload != nil { record.units += 1 }
                }
            default: break
            }
        }
    }

    private func check(
        _ message: WireReader,
        _ kind: MetricMessage,
        notes: inout [AttributeNote],
        depth: Int
    ) throws(WireFailure) {
        guard depth >= 0 else { throw .tooDeep(atByte: message.offset) }
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            guard tag & 7 == WireType.lengthDelimited, let content = kind.content(ofField: tag >> 3) else {
                try reader.skip(tag, depth: depth)
                continue
            }
            let range = try reader.lengthDelimited()
            switch content {
            case .text:
                guard reader.bytes.isText(range) else { throw .invalidText(atByte: range.lowerBound) }
            case .message(let inner):
                try self.check(
                    WireReader(reader.bytes, inside: range),
                    inner,
                    notes: &notes,
                    depth: depth - 1
                )
            case .pair:
                try self.checkPair(WireReader(reader.bytes, inside: range), notes: &notes, depth: depth - 1)
            case .packedFixed64:
                guard range.count % 8 == 0 else { throw .truncated(atByte: range.lowerBound) }
            case .packedVarint:
                var packed = WireReader(reader.bytes, inside: range)
                while !packed.isAtEnd { _ = try packed.varint() }
            }
        }
    }
}
