import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// The names of the chunks that a store must hold, and what it says of them.
struct ChunkOracle {
    private(set) var names: Set<ChunkName> = []

    static func names(_ frame: SealedFrame) -> [ChunkName] {
        frame.frame.entries.indices.map { frame.frame.chunkName(ofEntry: $0) }
    }

    mutating func add(_ frames: [SealedFrame]) {
        for frame in frames where !frame.header.flags.contains(.journal) {
            self.names.formUnion(Self.names(frame))
        }
    }

    mutating func add(_ names: some Sequence<ChunkName>) { self.names.formUnion(names) }

    mutating func remove(where isGone: (ChunkName) -> Bool) { self.names = self.names.filter { !isGone($0) } }

    /// What chunks amount to.
    static func digest(_ names: some Sequence<ChunkName>) -> ChunkDigest {
        names.reduce(into: .none) { $0 += $1.digest }
    }

    static func span(_ name: ChunkName) -> BucketSpan { BucketSpan(name.id.key, created: name.created) }

    /// Compares digests of partitions, of spans, and where chunks are as made, the names.
    func check(
        _ store: SegmentStore,
        from floor: UInt32 = 0,
        hasNames: Bool = true,
        _ comment: Comment
    ) async throws {
        let counted = self.names.filter { $0.created.minute >= UInt64(floor) }
        let partitions = Array(0..<Key.partitionCount)
        let told = try await store.partitionDigests(of: partitions, in: floor..<UInt32.max)
        let expected = Dictionary(grouping: counted) { $0.id.key.partition }.mapValues { Self.digest($0) }
        #expect(Dictionary(uniqueKeysWithValues: told.map { ($0.partition, $0.digest) }) == expected, comment)
        let now = UInt32(store.now().minute)
        let from = (now - 120) / 60 * 60
        let spans = try await store.spanDigests(of: partitions, in: floor..<UInt32.max, minutesFrom: from)
        let byHour = Dictionary(grouping: counted) { name in
            Self.span(name).start >= from ? Self.span(name) : Self.span(name).wholeHour
        }
        let digests = byHour.mapValues { Self.digest($0) }
        #expect(Dictionary(uniqueKeysWithValues: spans.map { ($0.span, $0.digest) }) == digests, comment)
        guard hasNames else { return }
        let wanted = byHour.keys.sorted()
        let lists = try await store.chunkNames(of: wanted, limit: .max)
        #expect(lists == wanted.map { span in Set(byHour[span] ?? []) }, comment)
    }
}

extension SegmentStore {
    /// Everything it holds as merged frames, as another node would fetch it.
    func everything(_ names: Set<ChunkName>, bytesMax: Int = 4 << 20) async throws -> [[UInt8]] {
        var left = names
        var frames: [[UInt8]] = []
        while !left.isEmpty {
            let bytes = try await self.chunkFrames(of: Array(left), bytesMax: bytesMax)
            let parts = try Self.split(bytes)
            let taken = try parts.flatMap { try ChunkOracle.names(SealedFrame(repair: $0)) }
            guard !taken.isEmpty else { break }
            frames += parts
            left.subtract(taken)
        }
        return frames
    }

    /// Frames that stand behind each other.
    static func split(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = bytes
        while !rest.isEmpty {
            var reader = WireReader(rest.raw)
            let count = try FrameHeader(from: &reader).frameBytes
            frames.append(Array(rest.prefix(count)))
            rest = Array(rest.dropFirst(count))
        }
        return frames
    }

    /// Gives away all that it holds of some chunks' minutes, and waits until it is gone.
    func giveAwayAndWait(_ spans: [(span: BucketSpan, digest: ChunkDigest)]) async {
        self.giveAway(spans)
        await self.writer.run {}
        await self.merger.run {}
    }
}

extension Scratch {
    /// Writes a segment's key table again, so that it belongs to the search index that is there now.
    func rechecksum(_ stem: String) throws {
        let search = try self.read("segments/\(stem).sqlite")
        let bytes = try self.read("segments/\(stem).seg")
        var entries: [(key: Key, frameOffset: Int)] = []
        var walk = SegmentWalk(bytes.raw)
        while let step = walk.next() {
            guard case .frame(let frame, let offset) = step else { continue }
            guard !frame.header.flags.contains(.journal) else { continue }
            entries += frame.entries.map { (key: $0.key, frameOffset: offset) }
        }
        let keys = KeyTable.encode(entries, searchChecksum: ContentHash.hash64(search.raw))
        try self.write(keys, to: "segments/\(stem).keys")
    }
}
