import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct MergedFrameBuilderTests {
    /// Merges frames into one, sorted as a merge sorts.
    private static func merged(_ frames: [[UInt8]], signal: Signal = .spans) throws -> SealedFrame {
        var chunks: [(MergeChunk, FramePayload)] = []
        for bytes in frames {
            let frame = try Frame(bytes.raw)
            let payload = try frame.payload(bytes.raw)
            for index in frame.entries.indices { chunks.append((MergeChunk(frame, entry: index), payload)) }
        }
        chunks.sort { MergeChunk.precedes($0.0, $1.0) }
        var builder = MergedFrameBuilder(signal: signal)
        for (chunk, payload) in chunks { try builder.add(chunk, payload) }
        return builder.seal(FrameID(run: RunID(high: 9, low: 9), sequence: 1), ZstdCompressor(level: 3))
    }

    private static func items(_ frames: [[UInt8]]) throws -> [FrameItem] {
        try frames.flatMap { try FrameItem.items(of: $0) }.sorted()
    }

    @Test func `merging changes no item, no table, no origin and no name, once or again and again`() throws {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(40)) {
            let frames = try RandomChunks(seed: seed, traces: 12).frames.map(\.bytes)
            let expected = try Self.items(frames)
            let once = try Self.merged(frames)
            #expect(try Self.items([once.bytes]) == expected, "seed \(seed)")
            let half = frames.count / 2
            let parts = [try Self.merged(Array(frames[..<half])), try Self.merged(Array(frames[half...]))]
            let twice = try Self.merged(parts.map(\.bytes).reversed())
            #expect(try Self.items([twice.bytes]) == expected, "seed \(seed)")
            #expect(twice.header.itemCount == UInt32(expected.count))
            #expect(try Self.entries([once.bytes]) == Self.entries(frames), "seed \(seed)")
            #expect(try Self.entries([twice.bytes]) == Self.entries(frames), "seed \(seed)")
        }
    }

    /// What the indexes say, without places.
    private static func entries(_ frames: [[UInt8]]) throws -> Set<String> {
        var result: Set<String> = []
        for bytes in frames {
            let frame = try Frame(bytes.raw)
            for (index, entry) in frame.entries.enumerated() {
                let names = "\(frame.name(entry.service) ?? "-") \(frame.name(entry.rootName) ?? "-")"
                let times = "\(entry.firstStart) \(entry.lastEnd)"
                let counts = "\(entry.itemCount) \(entry.errorCount) \(entry.flags.rawValue)"
                result.insert(
                    "\(frame.origin(ofEntry: index).frame) \(entry.key) \(names) \(times) \(counts)"
                )
            }
        }
        return result
    }

    @Test func `a merged frame finds each key's chunks, which stand together`() throws {
        let chunks = try RandomChunks(seed: 4, traces: 12)
        let merged = try Self.merged(chunks.frames.map(\.bytes)).frame
        #expect(merged.entries.count == chunks.chunks.count)
        for key in Set(chunks.chunks.map(\.key)) {
            #expect(merged.entries(of: key).count == chunks.chunks.count { $0.key == key })
        }
        #expect(merged.entries(of: Key(high: 0, low: 0)).isEmpty)
    }

    @Test func `a chunk that is not what its index says is refused, and leaves nothing behind`() throws {
        let bytes = try RandomChunks(seed: 5, traces: 8).frames[0].bytes
        let frame = try Frame(bytes.raw)
        let payload = try frame.payload(bytes.raw)
        var random = SplitMix64(seed: 5)
        var refused = 0
        for _ in 0..<300 {
            var builder = MergedFrameBuilder(signal: .spans)
            try builder.add(MergeChunk(frame, entry: 0), payload)
            var wrong = MergeChunk(frame, entry: frame.entries.count - 1)
            wrong.entry.offset = UInt32(truncatingIfNeeded: random.below(payload.bytes.count + 20))
            wrong.entry.length = UInt32(truncatingIfNeeded: random.below(200))
            do { try builder.add(wrong, payload) } catch {
                refused += 1
                let sealed = builder.seal(
                    FrameID(run: RunID(high: 1, low: 1), sequence: 1),
                    ZstdCompressor(level: 1)
                )
                let items = try FrameItem.items(of: sealed.bytes)
                #expect(items == (try FrameItem.items(of: bytes)).filter { $0.key == frame.entries[0].key })
            }
        }
        #expect(refused > 100)
    }

    @Test func `a builder starts afresh after a seal`() throws {
        let chunks = try RandomChunks(seed: 6, traces: 6)
        var builder = MergedFrameBuilder(signal: .spans)
        for bytes in chunks.frames.map(\.bytes) {
            let frame = try Frame(bytes.raw)
            let payload = try frame.payload(bytes.raw)
            for index in frame.entries.indices { try builder.add(MergeChunk(frame, entry: index), payload) }
            let wasEmpty = builder.isEmpty
            let sealed = builder.seal(
                FrameID(run: RunID(high: 1, low: 1), sequence: 1),
                ZstdCompressor(level: 1)
            )
            let left = (isEmpty: builder.isEmpty, rawBytes: builder.rawBytes)
            #expect(!wasEmpty && left == (true, 0))
            #expect(try Self.items([sealed.bytes]) == Self.items([bytes]))
        }
    }

    @Test func `spans of any shape come back byte for byte through a merge`() throws {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let trace = random.traceID()
            var payload = ByteWriter()
            var bodies: [[UInt8]] = []
            var entry = ChunkEntry(key: Key(trace))
            entry.firstStart = random.next()
            for _ in 0..<random.below(6) {
                payload.varint(0)
                payload.varint(0)
                let count = random.below(5)
                payload.varint(UInt64(count))
                for _ in 0..<count {
                    var body = RandomChunks.span(trace, &random).bytes
                    if random.chance(perMille: 400) { body = Damage.mutated(body, &random) }
                    if random.chance(perMille: 50) { body = Damage.noise(random.below(40_000), &random) }
                    bodies.append(body)
                    payload.varint(UInt64(body.count))
                    payload.bytes(body)
                    entry.itemCount += 1
                }
            }
            entry.length = UInt32(payload.bytes.count)
            let header = FrameHeader(
                signal: .spans,
                flags: [],
                id: FrameID(run: RunID(high: 1, low: 1), sequence: 1),
                created: TestEdge.epoch,
                itemCount: Int(entry.itemCount),
                chunkCount: 1,
                tableCount: 0
            )
            let made = SealedFrame(header, [entry], [], payload: payload.bytes, ZstdCompressor(level: 1))
            let merged = try Self.merged([made.bytes])
            #expect(try FrameItem.items(of: merged.bytes).map(\.bytes) == bodies, "seed \(seed)")
        }
    }

    @Test func `damage to a merged frame is refused or read, never trapped on`() throws {
        let bytes = try Self.merged(RandomChunks(seed: 7, traces: 8).frames.map(\.bytes)).bytes
        for seed in UInt64(1)...2_000 {
            var random = SplitMix64(seed: seed)
            var damaged = Damage.mutated(bytes, &random)
            Self.fixChecksums(&damaged)
            _ = try? FrameItem.items(of: damaged)
        }
    }

    /// Gives damaged bytes checksums that fit, as a hostile peer would.
    private static func fixChecksums(_ bytes: inout [UInt8]) {
        guard bytes.count >= FrameHeader.byteCount else { return }
        var reader = WireReader(bytes.raw, 56..<FrameHeader.byteCount)
        guard let index = try? reader.fixed32(), let payload = try? reader.fixed32() else { return }
        let end = FrameHeader.byteCount + Int(index) + Int(payload)
        guard end <= bytes.count else { return }
        var content = ByteWriter()
        content.fixed64(ContentHash.hash64(bytes.raw.extracting(FrameHeader.byteCount..<end)))
        bytes.replaceSubrange(72..<80, with: content.bytes)
        bytes.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        var head = ByteWriter()
        let hash = ContentHash.hash64(bytes.raw.extracting(0..<FrameHeader.byteCount))
        head.fixed32(UInt32(truncatingIfNeeded: hash))
        bytes.replaceSubrange(12..<16, with: head.bytes)
    }
}
