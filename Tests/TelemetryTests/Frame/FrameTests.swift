import Telemetry
import Testing

@Suite struct FrameTests {
    @Test(arguments: [0, 1, 3, 200], [0, 20, 900])
    func `what was sealed is read back`(_ chunks: Int, _ itemBytes: Int) throws {
        let sealed = SampleFrame.sealed(chunks: chunks, itemBytes: itemBytes)
        #expect(sealed.bytes.count == sealed.header.frameBytes)
        #expect(sealed.bytes.count % 8 == 0)
        let content = try SampleFrame.content(sealed.bytes)
        #expect(content.header == sealed.header)
        #expect(content.entries == sealed.frame.entries)
        #expect(content.names == SampleFrame.names)
        #expect(content.items.count == chunks * 2)
        #expect(content.tables.count == 2)
        #expect(content.header.itemCount == UInt32(chunks * 2))
    }

    @Test func `frames stand one behind the other at any place`() throws {
        let first = SampleFrame.sealed(chunks: 2)
        let second = SampleFrame.sealed(chunks: 5)
        let bytes = [9, 9, 9] + first.bytes + second.bytes
        #expect(try SampleFrame.content(bytes, at: 3).entries.count == 2)
        #expect(try SampleFrame.content(bytes, at: 3 + first.bytes.count).entries.count == 5)
        #expect(throws: FrameFailure.noFrame(atByte: 0)) { try Frame(bytes.raw, at: 0) }
        #expect(throws: FrameFailure.truncated(atByte: bytes.count)) { try Frame(bytes.raw, at: bytes.count) }
        #expect(throws: FrameFailure.self) { try Frame(bytes.raw, at: bytes.count + 9) }
    }

    @Test(arguments: [2, 40])
    func `every length too short is refused as truncated`(_ itemBytes: Int) {
        let sealed = SampleFrame.sealed(chunks: 3, itemBytes: itemBytes)
        let end =
            FrameHeader.byteCount + Int(sealed.header.indexBytes) + Int(sealed.header.payloadBytes)
        for count in 0..<end {
            let bytes = Array(sealed.bytes.prefix(count))
            #expect(throws: FrameFailure.truncated(atByte: 0), "\(count) bytes") { try Frame(bytes.raw) }
        }
    }

    @Test(arguments: [2, 200])
    func `every flipped bit is noticed or changes nothing`(_ itemBytes: Int) throws {
        let sealed = SampleFrame.sealed(chunks: 2, itemBytes: itemBytes)
        let expected = try SampleFrame.content(sealed.bytes)
        let end = FrameHeader.byteCount + Int(sealed.header.indexBytes) + Int(sealed.header.payloadBytes)
        for bit in 0..<sealed.bytes.count * 8 {
            var bytes = sealed.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let content = try? SampleFrame.content(bytes)
            if bit / 8 < end {
                #expect(content == nil, "bit \(bit) was not noticed")
            } else {
                #expect(content == expected, "bit \(bit) of the padding changed something")
            }
        }
    }

    @Test func `an unknown version is told apart from damage`() throws {
        var bytes = SampleFrame.sealed().bytes
        bytes[4] = 3
        // A bit that has rotted makes no later version.
        #expect(throws: FrameFailure.damaged(atByte: 0)) { try Frame(bytes.raw) }
        let newer = try #require(SampleFrame.withFittingChecksums(bytes))
        #expect(throws: FrameFailure.unknownVersion(3, atByte: 0)) { try Frame(newer.raw) }
    }

    @Test
    func `a key that comes twice, or out of order, is damage: a chunk is known by its frame and its key`()
        throws
    {
        let bytes = SampleFrame.sealed(chunks: 2).bytes
        let (first, second) = (FrameHeader.byteCount, FrameHeader.byteCount + ChunkEntry.byteCount)
        for key in [Array(bytes[first..<first + 16]), Array(repeating: 0, count: 16)] {
            var hostile = bytes
            hostile.replaceSubrange(second..<second + 16, with: key)
            let frame = try #require(SampleFrame.withFittingChecksums(hostile))
            #expect(throws: FrameFailure.damaged(atByte: 0)) { try Frame(frame.raw) }
        }
        let same = try #require(SampleFrame.withFittingChecksums(bytes))
        #expect(try Frame(same.raw).entries.count == 2)
    }

    @Test func `an unknown signal is refused`() throws {
        var bytes = SampleFrame.sealed().bytes
        bytes[6] = 77
        let fitting = try #require(SampleFrame.withFittingChecksums(bytes))
        #expect(throws: FrameFailure.damaged(atByte: 0)) { try Frame(fitting.raw) }
    }

    @Test func `lengths beyond the limits are refused before anything is allocated`() throws {
        for place in [52, 56, 60, 64] {
            var bytes = SampleFrame.sealed().bytes
            bytes.replaceSubrange(place..<place + 4, with: [0xff, 0xff, 0xff, 0xff])
            bytes.replaceSubrange(12..<16, with: [0, 0, 0, 0])
            var writer = ByteWriter()
            writer.fixed32(UInt32(truncatingIfNeeded: ContentHash.hash64(bytes.raw.extracting(0..<96))))
            bytes.replaceSubrange(12..<16, with: writer.bytes)
            #expect(throws: FrameFailure.damaged(atByte: 0), "length at \(place)") { try Frame(bytes.raw) }
        }
    }

    @Test func `a payload that does not open to its stated size is damaged`() throws {
        let sealed = SampleFrame.sealed(chunks: 50)
        #expect(sealed.header.flags.contains(.zstd))
        for change in [-1, 1] {
            var bytes = sealed.bytes
            var size = ByteWriter()
            size.fixed32(UInt32(Int(sealed.header.payloadRawBytes) + change))
            bytes.replaceSubrange(64..<68, with: size.bytes)
            let fitting = try #require(SampleFrame.withFittingChecksums(bytes))
            let frame = try Frame(fitting.raw)
            #expect(throws: FrameFailure.damaged(atByte: 0)) { try frame.payload(fitting.raw) }
        }
        let frame = try Frame(sealed.bytes.raw)
        let short = Array(sealed.bytes.dropLast(16))
        #expect(throws: FrameFailure.truncated(atByte: 0)) { try frame.payload(short.raw) }
    }

    @Test func `damage with fitting checksums is refused or read, never trapped on`() {
        let donor = SampleFrame.sealed(chunks: 40).bytes
        for seed in UInt64(1)...6000 {
            var mutator = RequestMutator(seed: seed)
            let small = SampleFrame.sealed(chunks: 1 + Int(seed % 4), itemBytes: seed % 2 == 0 ? 2 : 90).bytes
            guard let bytes = SampleFrame.withFittingChecksums(mutator.mutate(small, donor: donor)) else {
                continue
            }
            _ = try? SampleFrame.content(bytes)
        }
    }

    @Test func `chunks outside the payload and references without a table are refused`() throws {
        let payload: [UInt8] = [0, 1, 0x61, 1, 0, 1, 1, 0x62]
        func items(_ change: (inout ChunkEntry) -> Void, _ payload: [UInt8]) throws -> Int {
            var entry = ChunkEntry(key: Key(high: 1, low: 1))
            entry.offset = 3
            entry.length = 5
            change(&entry)
            return try SampleFrame.content(SampleFrame.sealed([entry], payload, tableCount: 1).bytes).items
                .count
        }
        #expect(try items({ _ in }, payload) == 1)
        #expect(throws: WireFailure.self) { try items({ $0.length = 6 }, payload) }
        #expect(throws: WireFailure.self) { try items({ $0.offset = .max }, payload) }
        #expect(throws: WireFailure.self) { try items({ $0.length = 4 }, payload) }
        #expect(throws: WireFailure.self) { try items({ _ in }, [0, 1, 0x61, 2, 0, 1, 1, 0x62]) }
        #expect(throws: WireFailure.self) { try items({ _ in }, [0, 1, 0x61, 1, 2, 1, 1, 0x62]) }
        #expect(throws: FrameFailure.self) { try items({ _ in }, [9, 1, 0x61, 1, 0, 1, 1, 0x62]) }
        #expect(throws: FrameFailure.self) { try items({ _ in }, [0, 9, 0x61, 1, 0, 1, 1, 0x62]) }
    }

    @Test func `the flag of journal frames survives`() throws {
        #expect(try Frame(SampleFrame.sealed(flags: [.journal]).bytes.raw).header.flags.contains(.journal))
        #expect(try Frame(SampleFrame.sealed().bytes.raw).header.flags.isDisjoint(with: [.merged, .journal]))
    }

    @Test func `what does not compress is stored as it is`() throws {
        var random = SplitMix64(seed: 1)
        var payload = ByteWriter()
        for number in [1, 0, 1, 200] as [UInt64] { payload.varint(number) }
        payload.bytes((0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        var entry = ChunkEntry(key: Key(high: 1, low: 1))
        entry.length = UInt32(payload.bytes.count)
        let sealed = SampleFrame.sealed([entry], [0, 0] + payload.bytes, tableCount: 1)
        #expect(!sealed.header.flags.contains(.zstd))
        #expect(sealed.header.payloadBytes == sealed.header.payloadRawBytes)
        #expect(try Frame(sealed.bytes.raw).payload(sealed.bytes.raw).bytes == [0, 0] + payload.bytes)
    }

    @Test func `a key's entries are found among many, also several of one key`() {
        let entries = [1, 3, 3, 3, 8].map { ChunkEntry(key: Key(high: $0, low: 0)) }
        let header = SampleFrame.sealed().header
        let frame = Frame(header: header, entries: entries, names: ["a"])
        #expect(
            (0...9).map { frame.entries(of: Key(high: $0, low: 0)).count } == [0, 1, 0, 3, 0, 0, 0, 0, 1, 0]
        )
        #expect(frame.name(0) == "a" && frame.name(1) == nil && frame.name(ChunkEntry.noName) == nil)
        #expect(Frame(header: header, entries: [], names: []).entries(of: Key(high: 1, low: 0)).isEmpty)
    }

    @Test func `the bytes of version 1 never change`() throws {
        // Version 1: an empty frame of spans with two names.
        let empty = SampleFrame.sealed([], [], tableCount: 0)
        var writer = ByteWriter()
        writer.bytes(Array("NSFR".utf8))
        writer.fixed16(1)
        writer.byte(1)
        writer.byte(0)
        writer.fixed32(0)
        #expect(Array(empty.bytes[..<12]) == writer.bytes)
        #expect(
            ContentHash.hash64(empty.bytes.raw) == Self.goldenHash,
            "\(ContentHash.hash64(empty.bytes.raw))"
        )
    }

    private static let goldenHash: UInt64 = 7_937_577_927_613_858_623
}
