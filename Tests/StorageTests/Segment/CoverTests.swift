import Telemetry
import Testing

@testable import Storage

@Suite struct CoverTests {
    private static func names(_ count: Int, run: UInt64) -> [FrameID] {
        (0..<count).map { FrameID(run: RunID(high: run, low: ~run), sequence: UInt64($0) << 40 | 7) }
    }

    @Test(arguments: [0, 1, 300], [0, 1, 45])
    func `a cover gives back the names it was made of`(_ parts: Int, _ frames: Int) throws {
        let cover = Cover(parts: Self.names(parts, run: 5), frames: Self.names(frames, run: .max))
        let id = FrameID(run: RunID(high: 1, low: 2), sequence: 3)
        let created = ClusterTime(nanoseconds: 77)
        let sealed = cover.sealed(id, created: created, ZstdCompressor(level: 1))
        let frame = try Frame(sealed.bytes.raw)
        #expect(frame.header.id == id && frame.header.created == created && frame.header.isCover)
        #expect(Int(frame.header.itemCount) == parts + frames)
        #expect(Cover(frame, try frame.payload(sealed.bytes.raw)) == cover)
    }

    @Test func `no other frame is a cover, and names that are cut off are none`() throws {
        let compressor = ZstdCompressor(level: 1)
        let id = FrameID(run: RunID(high: 1, low: 2), sequence: 3)
        for flags: FrameHeader.Flags in [[], .journal, .gathered, .part, [.journal, .gathered]] {
            let header = FrameHeader(
                signal: .spans,
                flags: flags,
                id: id,
                created: ClusterTime(nanoseconds: 1),
                itemCount: 1,
                chunkCount: 1,
                tableCount: 0
            )
            var entry = ChunkEntry(key: Key(high: 0, low: 1))
            entry.length = 7
            let sealed = SealedFrame(header, [entry], [], payload: [0, 0, 1, 3, 1, 2, 3], compressor)
            #expect(Cover(sealed.frame, try sealed.frame.payload(sealed.bytes.raw)) == nil, "\(flags)")
        }
    }
}
