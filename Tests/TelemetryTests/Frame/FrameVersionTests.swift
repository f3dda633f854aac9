import Telemetry
import Testing

@Suite struct FrameVersionTests {
    @Test func `a frame without distinct things is of version 1, byte for byte as it has always been`() {
        let expected = [
            "4e53465201000400000000005a21d564030000000000000004000000000000000500000000000000",
            "00e288c00600000001000000010000003a0000003100000031000000000000009fb751c7642dd903",
            "00000000000000000000000000000000390733f30f1d193a294572b8ced2f5160000000031000000",
            "00c817a80400000000ac23fc0600000001000000000000000000ffffffff000000000000012d0102",
            "0300010473686f70066f7264657273077b6f726465727d0100010100000000000000004000000000",
            "0000000000000000",
        ]
        let digits = Array("0123456789abcdef")
        let text = Self.frame().bytes.map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }
        #expect(text.joined() == expected.joined())
    }

    @Test func `a frame with distinct things is of version 2, which is read and kept`() throws {
        var sketch = HyperLogLog()
        sketch.insert(hash: 42)
        let sealed = Self.frame(.distinct(sketch), flags: [.distinct])
        #expect(sealed.header.version == 2 && sealed.bytes[4] == 2)
        let read = try SealedFrame(checking: sealed.bytes)
        #expect(read.header == sealed.header && read.frame.entries[0].flags == [.distinct])
        let payload = try read.frame.payload(read.bytes.raw)
        var values: [SlotValue] = []
        try payload.forEachItem(of: read.frame.entries[0]) { _, _, range throws(WireFailure) in
            var reader = WireReader(payload.bytes.raw, range)
            values.append(try Slot(from: &reader).value)
        }
        #expect(values == [.distinct(sketch)])
        let id = FrameID(run: RunID(high: 9, low: 9), sequence: 1)
        #expect(try SealedFrame(checking: sealed.renamed(id).bytes).header.version == 2)
    }

    @Test func `a merged frame is of the version that its chunks need`() throws {
        for flags in [ChunkEntry.Flags.distinct, []] {
            let one = Self.frame(flags: flags)
            let payload = try one.frame.payload(one.bytes.raw)
            let merged = SealedFrame(
                merged: one.header,
                one.frame.entries,
                [],
                origins: [one.frame.origin(ofEntry: 0)],
                payload: payload.bytes,
                ZstdCompressor(level: 1)
            )
            let read = try Frame(merged.bytes.raw)
            #expect(read.header.version == (flags.isEmpty ? 1 : 2))
            #expect(read.entries[0].flags == flags)
        }
    }

    /// One slot in one chunk, too small to be compressed.
    private static func frame(
        _ value: SlotValue = .counter(nano: 1 << 70),
        flags: ChunkEntry.Flags = []
    ) -> SealedFrame {
        var entry = ChunkEntry(key: .service("shop"))
        var payload = ByteWriter()
        entry.offset = 0
        for number in [UInt64(0), 0, 1] { payload.varint(number) }
        var writer = ByteWriter()
        let kind: Series.Kind = if case .distinct = value { .distinct } else { .counter }
        let series = Series("orders", unit: "{order}", kind: kind, subject: .service("shop"))
        Slot(series: series, start: 20_000_000_000, part: 3, value: value).encode(into: &writer)
        payload.varint(UInt64(writer.bytes.count))
        payload.bytes(writer.bytes)
        entry.length = UInt32(payload.bytes.count)
        entry.itemCount = 1
        entry.flags = flags
        entry.firstStart = 20_000_000_000
        entry.lastEnd = 30_000_000_000
        let header = FrameHeader(
            signal: .slots,
            flags: [],
            id: FrameID(run: RunID(high: 3, low: 4), sequence: 5),
            created: ClusterTime(nanoseconds: 29_000_000_000),
            itemCount: 1,
            chunkCount: 1,
            tableCount: 0
        )
        return SealedFrame(header, [entry], [], payload: payload.bytes, ZstdCompressor(level: 1))
    }
}
