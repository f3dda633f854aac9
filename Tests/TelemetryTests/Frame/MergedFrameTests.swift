import Telemetry
import Testing

@Suite struct MergedFrameTests {
    @Test(arguments: UInt64(1)...40)
    func `entries, origins, names and items of a merged frame come back`(_ seed: UInt64) throws {
        let sealed = Self.merged(seed: seed)
        #expect(sealed.header.flags.contains(.merged))
        let frame = try Frame(sealed.bytes.raw)
        #expect(frame.header == sealed.header)
        #expect(frame.entries == sealed.frame.entries)
        #expect(frame.origins == sealed.frame.origins)
        #expect(frame.names == SampleFrame.names)
        #expect(frame.header.oldest == frame.origins.map(\.created).min())
        for index in frame.entries.indices { #expect(frame.origin(ofEntry: index) == frame.origins[index]) }
        for entry in frame.entries { #expect(frame.entries(of: entry.key).contains(entry)) }
        #expect(try SampleFrame.content(sealed.bytes).items.count == Int(frame.header.itemCount))
    }

    @Test func `chunks of a frame as made all come from it`() throws {
        let frame = try Frame(SampleFrame.sealed(chunks: 2).bytes.raw)
        #expect(frame.origins.isEmpty)
        #expect(
            frame.origin(ofEntry: 1) == ChunkOrigin(frame: frame.header.id, created: frame.header.created)
        )
        #expect(frame.header.oldest == frame.header.created)
    }

    @Test func `every length too short is refused as truncated`() {
        let sealed = Self.merged(seed: 3)
        let end = FrameHeader.byteCount + Int(sealed.header.indexBytes) + Int(sealed.header.payloadBytes)
        for count in 0..<end {
            let bytes = Array(sealed.bytes.prefix(count))
            #expect(throws: FrameFailure.truncated(atByte: 0), "\(count) bytes") { try Frame(bytes.raw) }
        }
    }

    @Test func `every flipped bit is noticed`() {
        let sealed = Self.merged(seed: 5)
        let end = FrameHeader.byteCount + Int(sealed.header.indexBytes) + Int(sealed.header.payloadBytes)
        for bit in 0..<end * 8 {
            var bytes = sealed.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: (any Error).self, "bit \(bit)") { try SampleFrame.content(bytes) }
        }
    }

    @Test func `damage with fitting checksums is refused or read, never trapped on`() {
        for seed in UInt64(1)...3000 {
            var mutator = RequestMutator(seed: seed)
            let bytes = mutator.mutate(Self.merged(seed: seed % 16).bytes, donor: SampleFrame.sealed().bytes)
            guard let fitting = SampleFrame.withFittingChecksums(bytes) else { continue }
            _ = try? SampleFrame.content(fitting)
        }
    }

    private static func merged(seed: UInt64) -> SealedFrame {
        var payload = RandomSpans(seed: seed)
        payload.fill()
        var random = SplitMix64(seed: seed)
        let origins = payload.entries.map { _ in
            ChunkOrigin(
                frame: FrameID(run: RunID(high: random.next() % 3, low: 1), sequence: random.next() % 1000),
                created: ClusterTime(nanoseconds: (1_700_000_000_000 + random.next() % 100_000) * 1_000_000)
            )
        }
        let header = FrameHeader(
            signal: .spans,
            flags: [],
            id: FrameID(run: RunID(high: 9, low: 9), sequence: 1),
            created: ClusterTime(nanoseconds: 0),
            itemCount: payload.entries.reduce(0) { $0 + Int($1.itemCount) },
            chunkCount: payload.entries.count,
            tableCount: payload.tableCount
        )
        return SealedFrame(
            merged: header,
            payload.entries,
            SampleFrame.names,
            origins: origins,
            payload: payload.bytes,
            ZstdCompressor(level: 3)
        )
    }
}
