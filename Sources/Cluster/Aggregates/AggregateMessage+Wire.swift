internal import Telemetry

extension AggregateMessage {
    func encoded(isQuestion: Bool) -> [UInt8] {
        var writer = ByteWriter(reserving: 1 << 10)
        if isQuestion { writer.byte(Self.tag) }
        writer.byte(Self.version)
        var last: UInt64 = 0
        func window(_ index: UInt64) {
            writer.varint(index &- last)
            last = index
        }
        switch self {
        case .digests(let summaries):
            writer.byte(1)
            writer.varint(UInt64(summaries.count))
            for summary in summaries {
                window(summary.window)
                writer.varint(summary.count)
                writer.fixed64(summary.digest)
            }
        case .marks(let windows):
            writer.byte(1)
            writer.varint(UInt64(windows.count))
            for marks in windows {
                window(marks.window)
                writer.varint(UInt64(marks.marks.count))
                for mark in marks.marks { Self.encode(mark, into: &writer) }
            }
        case .entries(let windows):
            writer.byte(2)
            writer.varint(UInt64(windows.count))
            for exchange in windows {
                window(exchange.window)
                writer.varint(UInt64(exchange.lacked.count))
                for hash in exchange.lacked { writer.fixed64(hash) }
                writer.varint(UInt64(exchange.given.count))
                for entry in exchange.given { Self.encode(entry, into: &writer) }
            }
        }
        return writer.bytes
    }

    private static func encode(_ mark: Mark, into writer: inout ByteWriter) {
        writer.fixed64(mark.series)
        writer.varint(mark.mark.slotCount)
        writer.fixed64(mark.mark.digest)
        writer.byte(mark.mark.flags)
    }

    /// Appends an entry and its length before it.
    static func encode(_ entry: AggregateEntry, into writer: inout ByteWriter) {
        var inner = ByteWriter(reserving: 512)
        entry.encode(into: &inner)
        writer.varint(UInt64(inner.bytes.count))
        writer.bytes(inner.bytes.raw)
    }

    /// Reads all windows; they have to ascend, and nothing may follow them.
    static func whole<Part>(
        _ reader: inout WireReader,
        _ window: (Part) -> UInt64,
        _ part: (inout WireReader, UInt64) throws(WireFailure) -> Part
    ) throws(WireFailure) -> [Part] {
        let start = reader.offset
        let count = try reader.varint()
        guard count <= UInt64(self.windowsMax) else { throw .tooMany(atByte: start) }
        var result: [Part] = []
        var last: UInt64 = 0
        for number in 0..<count {
            let place = reader.offset
            let (index, overflow) = last.addingReportingOverflow(try reader.varint())
            guard !overflow, number == 0 || index > last else { throw .invalidTag(atByte: place) }
            result.append(try part(&reader, index))
            last = index
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
        return result
    }

    static func summary(_ reader: inout WireReader, _ window: UInt64) throws(WireFailure) -> Summary {
        Summary(window: window, count: try reader.varint(), digest: try reader.fixed64())
    }

    static func marks(_ reader: inout WireReader, _ window: UInt64) throws(WireFailure) -> Marks {
        let count = try self.count(&reader, bytesEach: 18)
        var marks: [Mark] = []
        marks.reserveCapacity(count)
        for _ in 0..<count {
            let place = reader.offset
            let series = try reader.fixed64()
            let slotCount = try reader.varint()
            let digest = try reader.fixed64()
            let flags = try reader.byte()
            guard (1...AggregateEntry.slotCountMax).contains(slotCount), flags <= 3,
                marks.last.map({ $0.series < series }) ?? true
            else { throw .invalidTag(atByte: place) }
            let mark = AggregateMark(
                slotCount: slotCount,
                digest: digest,
                isEstimated: flags & 1 != 0,
                isUnsettled: flags & 2 != 0
            )
            marks.append(Mark(series: series, mark: mark))
        }
        return Marks(window: window, marks: marks)
    }

    static func exchange(_ reader: inout WireReader, _ window: UInt64) throws(WireFailure) -> Exchange {
        let lackedCount = try self.count(&reader, bytesEach: 8)
        var lacked: [UInt64] = []
        lacked.reserveCapacity(lackedCount)
        for _ in 0..<lackedCount {
            let place = reader.offset
            let hash = try reader.fixed64()
            guard lacked.last.map({ $0 < hash }) ?? true else { throw .invalidTag(atByte: place) }
            lacked.append(hash)
        }
        var given: [AggregateEntry] = []
        for _ in 0..<(try self.count(&reader, bytesEach: 16)) {
            let range = try reader.lengthDelimited()
            var inner = WireReader(reader.bytes, range)
            given.append(try AggregateEntry(from: &inner))
            guard inner.isAtEnd else { throw .tooMany(atByte: inner.offset) }
        }
        return Exchange(window: window, lacked: lacked, given: given)
    }

    /// A number of things of so many bytes each at least, which have to be there before memory is taken for them.
    private static func count(_ reader: inout WireReader, bytesEach: Int) throws(WireFailure) -> Int {
        let start = reader.offset
        let count = try reader.varint()
        guard count <= UInt64((reader.end - reader.offset) / bytesEach) else { throw .tooMany(atByte: start) }
        return Int(count)
    }
}
