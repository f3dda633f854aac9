import Foundation
import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

@Suite struct RecoveryTests {
    /// A folder with frames in one log that was never sealed, and the log's name.
    private static func unsealed(seed: UInt64, batches: Int) async throws -> (Scratch, String, [SealedFrame])
    {
        let test = try TestStore()
        var frames: [SealedFrame] = []
        var random = SplitMix64(seed: seed)
        let edge = TestEdge(run: seed)
        for _ in 0..<batches {
            let spans = StoreModel.spans([random.traceID()], at: TestEdge.epoch, &random)
            let batch = try edge.spans(spans)
            await test.append(batch)
            frames += batch
        }
        let copy = try Scratch.crashed(test.scratch.path)
        await test.store.close()
        let name = try #require(copy.segmentFiles.first { $0.hasSuffix(".seg") })
        return (copy, "segments/" + name, frames)
    }

    private static func keys(_ frames: some Sequence<SealedFrame>) -> [TraceID] {
        frames.flatMap(\.frame.entries).map { TraceID(high: $0.key.high, low: $0.key.low) }
    }

    private static func expect(
        _ store: SegmentStore,
        has present: some Sequence<SealedFrame>,
        butNot absent: some Sequence<SealedFrame>,
        _ comment: Comment
    ) async throws {
        for id in Self.keys(present) { #expect(try await store.trace(id) != nil, comment) }
        for id in Self.keys(absent) { #expect(try await store.trace(id) == nil, comment) }
        let hits = try await store.search(SearchQuery(limit: 1_000)).hits.map(\.trace)
        #expect(Set(hits) == Set(Self.keys(present)), comment)
    }

    @Test func `a log torn anywhere gives all whole frames, and the rest is set aside and counted`()
        async throws
    {
        let (scratch, name, frames) = try await Self.unsealed(seed: 1, batches: 6)
        let bytes = try scratch.read(name)
        var cuts = Array(stride(from: 0, to: bytes.count, by: 97))
        cuts += [63, 64, 65, bytes.count - 1, bytes.count]
        for count in cuts {
            let torn = try Scratch.crashed(scratch.path)
            try torn.write(Array(bytes.prefix(count)), to: name)
            var end = SegmentHeader.byteCount
            var whole = 0
            for frame in frames {
                let header = frame.header
                let content = FrameHeader.byteCount + Int(header.indexBytes) + Int(header.payloadBytes)
                guard end + content <= count else { break }
                end += header.frameBytes
                whole += 1
            }
            let test = try TestStore(torn)
            try await Self.expect(
                test.store,
                has: frames.prefix(whole),
                butNot: frames.dropFirst(whole),
                "cut at \(count)"
            )
            let lost = count < SegmentHeader.byteCount ? count : max(0, count - end)
            // Without any whole frame the file itself is set aside.
            let kept = whole == 0 && lost > 0 ? count : lost
            #expect(test.store.counters.damagedBytes == UInt64(lost), "cut at \(count)")
            let quarantined = try FileManager.default.contentsOfDirectory(atPath: torn.path + "/quarantine")
                .map { try torn.read("quarantine/" + $0).count }
            #expect(quarantined.reduce(0, +) == kept, "cut at \(count)")
            // What was appended later is found beside it, also after another start.
            var random = SplitMix64(seed: UInt64(count))
            let spans = StoreModel.spans([random.traceID()], at: TestEdge.epoch, &random)
            let more = try TestEdge(run: 99).spans(spans)
            await test.append(more)
            await test.store.close()
            let again = try TestStore(Scratch.crashed(torn.path))
            try await Self.expect(
                again.store,
                has: frames.prefix(whole) + more,
                butNot: frames.dropFirst(whole),
                "cut at \(count), again"
            )
            #expect(again.store.counters.damagedBytes == 0, "set aside once")
            await again.store.close()
        }
    }

    @Test func `damage in the middle loses the frame it hit`() async throws {
        let (scratch, name, frames) = try await Self.unsealed(seed: 2, batches: 5)
        let bytes = try scratch.read(name)
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let hit = random.below(frames.count)
            let start = SegmentHeader.byteCount + frames.prefix(hit).reduce(0) { $0 + $1.bytes.count }
            var damaged = bytes
            damaged[start + random.below(frames[hit].header.frameBytes - 8)] ^= 1
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(damaged, to: name)
            let test = try TestStore(copy)
            let rest = frames.enumerated().filter { $0.offset != hit }.map(\.element)
            try await Self.expect(test.store, has: rest, butNot: [frames[hit]], "seed \(seed)")
            #expect(test.store.counters.damagedBytes == UInt64(frames[hit].bytes.count))
            await test.store.close()
        }
    }

    @Test func `a damaged or newer segment header costs no frame`() async throws {
        let (scratch, name, frames) = try await Self.unsealed(seed: 3, batches: 3)
        for place in [0, 4, 8, 20, 60] {
            var bytes = try scratch.read(name)
            bytes[place] ^= 0xff
            let copy = try Scratch.crashed(scratch.path)
            try copy.write(bytes, to: name)
            let test = try TestStore(copy)
            try await Self.expect(test.store, has: frames, butNot: [], "byte \(place)")
            await test.store.close()
        }
    }

    @Test func `foreign files never stop the start, and nothing of theirs is touched`() async throws {
        let (scratch, name, frames) = try await Self.unsealed(seed: 4, batches: 3)
        let foreign = [
            ".seg", "abc.seg", "backup.seg", "1.seg", "ffffffffffffffff.seg", "FFFFFFFFFFFFFFF0.seg",
            "notes.txt",
        ]
        for file in foreign { try scratch.write([1, 2, 3], to: "segments/" + file) }
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/segments/folder.tmp",
            withIntermediateDirectories: true
        )
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/segments/00000000000000ee.seg",
            withIntermediateDirectories: true
        )
        let test = try TestStore(scratch)
        try await Self.expect(test.store, has: frames, butNot: [], "\(name)")
        #expect(test.store.counters.segments == 2)
        await test.store.close()
        for file in foreign { #expect(try scratch.read("segments/" + file) == [1, 2, 3], "\(file)") }
    }

    @Test func `a segment of noise is set aside whole`() async throws {
        let (scratch, _, frames) = try await Self.unsealed(seed: 5, batches: 2)
        var random = SplitMix64(seed: 5)
        let noise = Damage.noise(5_000, &random)
        try scratch.write(noise, to: "segments/00000000000000aa.seg")
        let test = try TestStore(scratch)
        try await Self.expect(test.store, has: frames, butNot: [], "noise")
        #expect(try scratch.read("quarantine/00000000000000aa.seg") == noise)
        #expect(!scratch.segmentFiles.contains("00000000000000aa.seg"))
        #expect(test.store.counters.damagedBytes == 5_000)
        await test.store.close()
    }

    /// What can become of a sealed segment's index files.
    enum IndexDamage: String, CaseIterable, Sendable {
        case noKeys
        case noSearch
        case neither
        case keysCut
        case keysFlipped
        case searchCut
        case searchFlipped
        case searchEmpty
        case keysOfAnother
        case leftOvers
        case segmentCut
    }

    @Test(arguments: IndexDamage.allCases)
    func `index files are built again where they are missing, damaged or foreign`(
        _ damage: IndexDamage
    ) async throws {
        let (scratch, name, frames) = try await Self.unsealed(seed: 6, batches: 4)
        let sealing = try TestStore(scratch)
        await sealing.store.close()
        let keys = name.replacing(".seg", with: ".keys")
        let search = name.replacing(".seg", with: ".sqlite")
        let places =
            damage == .searchFlipped
            ? Array(stride(from: 20, to: try scratch.read(search).count, by: 1_009)) : [0]
        for place in places {
            let copy = try Scratch.crashed(scratch.path)
            var kept = frames[...]
            switch damage {
            case .noKeys: try copy.remove(keys)
            case .noSearch: try copy.remove(search)
            case .neither:
                try copy.remove(keys)
                try copy.remove(search)
            case .keysCut: try copy.write(copy.read(keys).dropLast(3), to: keys)
            case .keysFlipped:
                var bytes = try copy.read(keys)
                bytes[bytes.count / 2] ^= 4
                try copy.write(bytes, to: keys)
            case .searchCut: try copy.write(copy.read(search).dropLast(5_000), to: search)
            case .searchFlipped:
                var bytes = try copy.read(search)
                bytes[place] ^= 4
                try copy.write(bytes, to: search)
            case .searchEmpty: try copy.write([], to: search)
            case .keysOfAnother:
                try copy.write(KeyTable.encode([(Key(high: 1, low: 1), 64)], searchChecksum: 0), to: keys)
            case .leftOvers:
                for suffix in [".keys.tmp", ".sqlite.tmp", ".seg.tmp"] {
                    try copy.write([1], to: name.replacing(".seg", with: suffix))
                }
                for suffix in [".keys", ".sqlite", ".seg.tmp"] {
                    try copy.write([1], to: "segments/00000000000000aa" + suffix)
                }
            case .segmentCut:
                try copy.write(copy.read(name).dropLast(16), to: name)
                kept = kept.dropLast()
            }
            let test = try TestStore(copy)
            try await Self.expect(
                test.store,
                has: kept,
                butNot: frames.dropFirst(kept.count),
                "\(damage) at \(place)"
            )
            #expect((test.store.counters.damagedBytes > 0) == (damage == .segmentCut))
            await test.store.close()
            let names = copy.segmentFiles
            #expect(
                names.allSatisfy { !$0.hasSuffix(".tmp") && !$0.hasPrefix("00000000000000aa") },
                "\(names)"
            )
            #expect(
                names.contains { "segments/" + $0 == keys } && names.contains { "segments/" + $0 == search }
            )
        }
    }

    @Test
    func `an index that breaks while it is open is built again, and the answer says that it is not complete`()
        async throws
    {
        let (scratch, name, frames) = try await Self.unsealed(seed: 7, batches: 4)
        let sealing = try TestStore(scratch)
        await sealing.store.close()
        let copy = try Scratch.crashed(scratch.path)
        let test = try TestStore(copy)
        let path = copy.path + "/" + name.replacing(".seg", with: ".sqlite")
        let handle = try #require(FileHandle(forWritingAtPath: path))
        let size = try handle.seekToEnd()
        // All but the first page, which the open connection has read.
        try handle.seek(toOffset: 4_096)
        try handle.write(contentsOf: Data(repeating: 0xa5, count: Int(size) - 4_096))
        try handle.close()
        let answer = try await test.store.search(SearchQuery(limit: 10))
        #expect(!answer.isComplete && answer.hits.isEmpty)
        await test.store.merger.run {}
        #expect(test.store.counters.damagedIndexes == 1)
        try await Self.expect(test.store, has: frames, butNot: [], "built again")
        #expect(try await test.store.search(SearchQuery(limit: 10)).isComplete)
        await test.store.close()
    }
}
