import Telemetry

@testable import Cluster

/// One repair machine among stores that answer at once.
struct RepairBench {
    static let local = NodeID(number: 9)
    static let minute: UInt32 = 1_000_000

    var machine: Repair
    /// What each node holds.
    var held: [NodeID: [ChunkName]] = [:]
    /// What lies on a disk and cannot be read: digests count it, nobody can name it.
    var unreadable: Set<ChunkName> = []
    private(set) var given: [BucketSpan] = []
    private(set) var asked: [RepairQuestion] = []
    private var now = Duration.zero

    /// A machine of a node that owns nothing, beside two that own everything.
    init() {
        let owners = [NodeID(number: 0), NodeID(number: 1)]
        let placement = Placement(owners.map { MemberRecord(node: $0, epoch: 1, run: 1) }, .standard)
        self.machine = Repair(local: Self.local, placement: placement)
        self.machine.viewChanged(placement, peers: owners, at: .zero)
    }

    /// A chunk that settled long ago.
    static func chunk(_ number: UInt64) -> ChunkName {
        let key = Key(high: number, low: number)
        let created = ClusterTime(nanoseconds: UInt64(Self.minute - 10) * 60_000_000_000)
        return ChunkName(
            id: ChunkID(frame: FrameID(run: RunID(high: 1, low: 1), sequence: number), key: key),
            created: created
        )
    }

    /// Lets a minute pass, and answers everything that is asked.
    mutating func playMinute() {
        for _ in 0..<60 {
            self.now += .seconds(1)
            let clock = ClusterTime(nanoseconds: UInt64(Self.minute) * 60_000_000_000)
            var effects = self.machine.tick(at: self.now, clock: clock, floor: Self.minute - 1000)
            while !effects.isEmpty {
                let effect = effects.removeFirst()
                switch effect {
                case .ask(let question, let node, let number):
                    self.asked.append(question)
                    effects += self.machine.answered(number, self.answer(question, node), at: self.now)
                case .give(let spans): self.given += spans.map(\.span)
                case .keep, .bury: break
                }
            }
        }
    }

    private func answer(_ question: RepairQuestion, _ node: NodeID) -> RepairAnswer {
        let all = self.held[node] ?? []
        switch question {
        case .partitions(_, let minutes):
            var digests: [UInt16: ChunkDigest] = [:]
            for name in all where minutes.contains(UInt32(name.created.minute)) {
                digests[UInt16(name.id.key.partition), default: .none] += name.digest
            }
            return .partitions(
                digests.sorted { $0.key < $1.key }.map {
                    PartitionDigest(partition: $0.key, digest: $0.value)
                },
                floor: Self.minute - 1000
            )
        case .spans(let partitions, _, _):
            var digests: [BucketSpan: ChunkDigest] = [:]
            for name in all where partitions.contains(UInt16(name.id.key.partition)) {
                digests[BucketSpan(name.id.key, created: name.created), default: .none] += name.digest
            }
            return .spans(
                digests.sorted { $0.key < $1.key }.map { SpanDigest(span: $0.key, digest: $0.value) }
            )
        case .purges: return .purges(Tombstones())
        case .names(let spans):
            return .names(
                spans.map { span in
                    all.filter { span.holds($0.id.key, created: $0.created) && !self.unreadable.contains($0) }
                }
            )
        case .chunks: return .chunks([])
        }
    }
}
