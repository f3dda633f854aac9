internal import Cluster
internal import DiskStorage
internal import PeerTransport
internal import Telemetry

/// Repair's view of the store.
struct StoreRepair: RepairStore {
    let store: SegmentStore
    /// Hears of slots that came.
    let aggregates: AggregateService

    var floor: UInt32 { self.store.floorMinute }

    var purges: UInt64 { self.store.tombstones.digest }

    var isRefusing: Bool { self.store.isDiskLow || self.store.isBehind }

    func bury(_ others: Tombstones) { self.store.bury(others) }

    func answer(_ question: RepairQuestion) async throws -> RepairAnswer {
        let floor = self.floor
        switch question {
        case .partitions(let partitions, let minutes):
            let digests = try await self.store.partitionDigests(of: partitions.all, in: minutes.from(floor))
            return .partitions(
                digests.map { PartitionDigest(partition: UInt16($0.partition), digest: $0.digest) },
                floor: floor
            )
        case .spans(let partitions, let minutes, let minutesFrom):
            let digests = try await self.store.spanDigests(
                of: partitions.map { Int($0) },
                in: minutes.from(floor),
                minutesFrom: minutesFrom
            )
            return .spans(digests.map { SpanDigest(span: $0.span, digest: $0.digest) })
        case .names(let spans):
            let names = try await self.store.chunkNames(of: spans, limit: RepairQuestion.namesMax)
            return .names(names.map { $0.sorted { ($0.created, $0.id) < ($1.created, $1.id) } })
        case .purges(let digest):
            let known = self.store.tombstones
            return .purges(known.digest == digest ? Tombstones() : known)
        case .chunks(let names):
            return .chunks(
                try await self.store.chunkFrames(of: names, bytesMax: RepairQuestion.chunkBytesMax)
            )
        }
    }

    func keep(_ frames: [UInt8], asked: [ChunkName]) async -> Repair.Kept {
        // As of what comes first-hand: the room that is left is for sealing and merging.
        guard !self.isRefusing else { return .refused }
        let asked = Set(asked)
        var names: [ChunkName] = []
        var isNews = false
        var rest = frames[...]
        while !rest.isEmpty {
            let bytes = Array(rest)
            guard let length = Self.frameBytes(bytes), length <= bytes.count else { return .garbage }
            do {
                let (outcome, frame) = try await self.store.keepChunks(Array(bytes.prefix(length)), of: asked)
                if case .failed = outcome { return .refused }
                isNews = isNews || outcome == .stored
                names += frame.frame.entries.indices.map { frame.frame.chunkName(ofEntry: $0) }
                // What was here already is added already, and counts once.
                self.aggregates.kept(frame)
            } catch { return .garbage }
            rest = rest.dropFirst(length)
        }
        return .safe(names, isNews: isNews)
    }

    private static func frameBytes(_ bytes: [UInt8]) -> Int? {
        var reader = WireReader(bytes.raw)
        do throws(FrameFailure) { return try FrameHeader(from: &reader).frameBytes } catch { return nil }
    }

    func give(_ spans: [SpanDigest]) { self.store.giveAway(spans.map { ($0.span, $0.digest) }) }

    func keepAll() { self.store.keepAll() }
}
