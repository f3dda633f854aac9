import Telemetry
import TestSupport

@testable import Cluster

/// A few nodes that compare and repair on virtual time, each with a set of names for a store.
struct RepairWorld {
    /// How a node answers others.
    enum Manner: Equatable {
        case sound
        /// Not at all.
        case silent
        /// With bytes that are none.
        case garbage
        /// With an answer to another question, or with names and spans that nobody asked about.
        case wrong
        /// With a digest that no chunk explains.
        case phantom
    }

    struct Node {
        var repair: Repair
        var chunks: Set<ChunkName> = []
        var floor: UInt32 = 0
        var manner = Manner.sound
        var isDiskFull = false
        var tombstones = Tombstones()
        var fetched: [ChunkName] = []
        var lastFetch: (at: Duration, bytes: Int)?
    }

    private enum Event {
        case answer(to: Int, number: UInt64, [UInt8]?)
        case kept(of: Int, number: UInt64, Repair.Kept)
    }

    static let minute: UInt32 = 28_000_000
    let names: [NodeID]
    var nodes: [Node] = []
    var lossPerMille = 0
    /// How long a disk takes.
    var keepMilliseconds = 1...20
    /// Names in one answer, and chunks in one.
    var namesMax = 40
    var chunksMax = 7
    private(set) var now = Duration.zero
    /// What must never be, and was.
    private(set) var breaches: [String] = []
    private(set) var placement: Placement
    var random: SplitMix64
    private var queue: [(at: Duration, node: Int, event: Event)] = []

    init(
        nodes count: Int,
        replication: Int = 2,
        seed: UInt64,
        _ change: (inout Repair.Options) -> Void = { _ in }
    ) {
        self.random = SplitMix64(seed: seed)
        self.names = (0..<count).map { .named("n\($0)") }
        self.placement = Self.placement(self.names, replication)
        var options = Repair.Options()
        options.answerTimeout = .seconds(2)
        change(&options)
        for name in self.names {
            self.nodes.append(Node(repair: Repair(local: name, placement: self.placement, options: options)))
        }
        self.view(of: Array(0..<count))
    }

    static func placement(_ names: [NodeID], _ replication: Int) -> Placement {
        let parameters = PlacementParameters(replication: replication, confirmations: 1) ?? .standard
        return Placement(names.map { MemberRecord(node: $0, epoch: 1, run: 1) }, parameters)
    }

    var clock: ClusterTime {
        ClusterTime(nanoseconds: UInt64(Self.minute) * 60_000_000_000)
            .advanced(byNanoseconds: self.now.components.seconds * 1_000_000_000)
    }

    /// A chunk that was made within the last minutes, so many of them.
    mutating func chunk(minutes: Int = 300, youngest: Int = 3) -> ChunkName {
        let minute = UInt64(self.clock.minute) - UInt64(youngest + self.random.below(minutes))
        let frame = FrameID(
            run: RunID(high: 1, low: UInt64(self.random.below(5))),
            sequence: self.random.next()
        )
        return ChunkName(
            id: ChunkID(frame: frame, key: Key(high: self.random.next(), low: self.random.next())),
            created: ClusterTime(nanoseconds: minute * 60_000_000_000 + self.random.next() % 59_000_000_000)
        )
    }

    /// All these nodes see each other, and nobody else.
    mutating func view(of members: [Int], replication: Int? = nil) {
        let replication = replication ?? self.placement.parameters.replication
        self.placement = Self.placement(members.map { self.names[$0] }, replication)
        for node in members { self.view(of: node, peers: members) }
    }

    mutating func view(of node: Int, peers: [Int]) {
        self.nodes[node].repair.viewChanged(self.placement, peers: peers.map { self.names[$0] }, at: self.now)
    }

    /// A node's link to another one stands anew.
    mutating func meet(_ node: Int, _ other: Int) {
        self.nodes[node].repair.met(self.names[other], at: self.now)
    }

    func owners(of chunk: ChunkName) -> [Int] {
        self.placement.owners(of: chunk.id.key.partition).compactMap { self.names.firstIndex(of: $0) }
    }

    /// Chunks that owners lack or others hold, from the highest floor on.
    func disorder(among chunks: [ChunkName], of members: [Int]) -> Int {
        let floor = UInt64(members.map { self.nodes[$0].floor }.max() ?? 0)
        return chunks.filter { $0.created.minute >= floor }.reduce(0) { sum, chunk in
            let owners = self.owners(of: chunk)
            return sum + members.count { self.nodes[$0].chunks.contains(chunk) != owners.contains($0) }
        }
    }

    mutating func run(seconds: Int, _ members: [Int]? = nil) {
        let end = self.now + .seconds(seconds)
        let members = members ?? Array(self.nodes.indices)
        while true {
            let event = self.queue.indices.min { self.queue[$0].at < self.queue[$1].at }
            let timer = members.min { self.nodes[$0].repair.deadline < self.nodes[$1].repair.deadline }
            let eventAt = event.map { self.queue[$0].at }
            // As the shell does: not at once again.
            let timerAt = timer.map { max(self.nodes[$0].repair.deadline, self.now + .milliseconds(5)) }
            guard let at = [eventAt, timerAt].compactMap(\.self).min(), at <= end else { break }
            self.now = max(self.now, at)
            if let event, eventAt == at {
                let (_, node, what) = self.queue.remove(at: event)
                if members.contains(node) { self.hear(node, what) }
            } else if let timer {
                let (clock, floor) = (self.clock, self.nodes[timer].floor)
                let (purges, isFull) = (self.nodes[timer].tombstones.digest, self.nodes[timer].isDiskFull)
                let effects = self.nodes[timer].repair.tick(
                    at: self.now,
                    clock: clock,
                    floor: floor,
                    purges: purges,
                    isRefusing: isFull
                )
                self.perform(effects, of: timer)
            }
        }
        self.now = end
    }

    // MARK: - Private

    private mutating func hear(_ node: Int, _ event: Event) {
        switch event {
        case .kept(_, let number, let kept):
            self.perform(self.nodes[node].repair.kept(number, kept, at: self.now), of: node)
        case .answer(_, let number, let bytes):
            guard let bytes else {
                let effects = self.nodes[node].repair.unanswered(number, isGarbage: false, at: self.now)
                return self.perform(effects, of: node)
            }
            if let answer = try? RepairAnswer(bytes.raw) {
                self.perform(self.nodes[node].repair.answered(number, answer, at: self.now), of: node)
            } else {
                let effects = self.nodes[node].repair.unanswered(number, isGarbage: true, at: self.now)
                self.perform(effects, of: node)
            }
        }
    }

    private mutating func perform(_ effects: [Repair.Effect], of node: Int) {
        for effect in effects {
            switch effect {
            case .ask(let question, let name, let number): self.ask(question, name, number, by: node)
            case .keep(let bytes, let asked, let number):
                let span = self.keepMilliseconds
                let delay = Duration.milliseconds(span.lowerBound + self.random.below(span.count))
                self.noteFetch(node, bytes.count)
                let kept = self.keep(bytes, asked, at: node)
                self.queue.append((self.now + delay, node, .kept(of: node, number: number, kept)))
            case .give(let spans): self.give(spans, by: node)
            case .bury(let others): self.bury(others, at: node)
            }
        }
    }

    /// Deletes for good what is said to be deleted.
    mutating func bury(_ others: Tombstones, at node: Int) {
        for tombstone in others.all { _ = self.nodes[node].tombstones.add(tombstone) }
        let known = self.nodes[node].tombstones
        self.nodes[node].chunks = self.nodes[node].chunks.filter {
            !known.covers($0.id.key, made: $0.created)
        }
    }

    private mutating func noteFetch(_ node: Int, _ bytes: Int) {
        let rate = self.nodes[node].repair.options.bytesPerSecond
        if let last = self.nodes[node].lastFetch,
            self.now - last.at + .milliseconds(1) < .seconds(Double(last.bytes) / Double(rate))
        {
            self.breaches.append("node \(node) fetches faster than it may")
        }
        self.nodes[node].lastFetch = (self.now, bytes)
    }

    private mutating func keep(_ bytes: [UInt8], _ asked: [ChunkName], at node: Int) -> Repair.Kept {
        guard !self.nodes[node].isDiskFull else { return .refused }
        guard case .names(let lists)? = try? RepairAnswer(bytes.raw), let names = lists.first else {
            return .garbage
        }
        if !Set(names).isSubset(of: asked) {
            self.breaches.append("node \(node) was not told what it asked for")
        }
        let floor = UInt64(self.nodes[node].floor)
        if names.contains(where: { $0.created.minute < floor }) {
            self.breaches.append("node \(node) fetched what has expired")
        }
        let known = self.nodes[node].tombstones
        let taken = names.filter { !known.covers($0.id.key, made: $0.created) }
        let isNews = !self.nodes[node].chunks.isSuperset(of: taken)
        self.nodes[node].chunks.formUnion(taken)
        self.nodes[node].fetched += taken
        return .safe(names, isNews: isNews)
    }

    private mutating func give(_ spans: [SpanDigest], by node: Int) {
        for one in spans {
            let held = self.nodes[node].chunks.filter { one.span.holds($0.id.key, created: $0.created) }
            guard held.reduce(into: ChunkDigest.none, { $0 += $1.digest }) == one.digest else { continue }
            for chunk in held {
                let owners = self.nodes[node].repair.placement.owners(of: chunk.id.key.partition)
                let holders = self.names.indices.filter {
                    $0 != node && owners.contains(self.names[$0]) && self.nodes[$0].chunks.contains(chunk)
                }
                if holders.count < owners.count {
                    self.breaches.append("node \(node) gave away what an owner lacks")
                }
                self.nodes[node].chunks.remove(chunk)
            }
        }
    }

    private mutating func ask(_ question: RepairQuestion, _ name: NodeID, _ number: UInt64, by node: Int) {
        guard let asked = self.names.firstIndex(of: name) else { return }
        let delay = Duration.milliseconds(1 + self.random.below(100))
        var bytes: [UInt8]?
        if let heard = try? RepairQuestion(question.encoded.raw) {
            bytes = asked == node ? self.sound(heard, of: asked).encoded : self.answer(heard, of: asked)
        }
        if asked != node, self.random.chance(perMille: self.lossPerMille) {
            // Half of the losses are noticed by somebody.
            guard self.random.one(in: 2) else { return }
            bytes = nil
        } else if bytes == nil {
            return
        }
        self.queue.append((self.now + delay, node, .answer(to: node, number: number, bytes)))
    }

    private mutating func answer(_ question: RepairQuestion, of node: Int) -> [UInt8]? {
        switch (self.nodes[node].manner, question) {
        case (.silent, _): return nil
        case (.garbage, _):
            return (0..<self.random.below(40)).map { _ in UInt8(truncatingIfNeeded: self.random.next()) }
        case (.wrong, .partitions): return self.sound(question, of: node).encoded
        case (.wrong, .spans):
            let span = BucketSpan(partition: UInt16(self.random.below(1024)), start: 60, isHour: true)
            return RepairAnswer.spans([SpanDigest(span: span, digest: ChunkDigest(count: 1, sum: 2))]).encoded
        case (.wrong, _): return RepairAnswer.partitions([], floor: 0).encoded
        case (.phantom, .partitions):
            guard case .partitions(let digests, let floor) = self.sound(question, of: node) else {
                return nil
            }
            let shifted = digests.map { one in
                PartitionDigest(
                    partition: one.partition,
                    digest: ChunkDigest(count: one.digest.count, sum: self.random.next())
                )
            }
            return RepairAnswer.partitions(shifted, floor: floor).encoded
        case (.phantom, .spans):
            guard case .spans(let digests) = self.sound(question, of: node) else { return nil }
            let shifted = digests.map { one in
                SpanDigest(span: one.span, digest: ChunkDigest(count: 9, sum: self.random.next()))
            }
            return RepairAnswer.spans(shifted).encoded
        case (.phantom, .names(let spans)):
            // It lists chunks that it does not give.
            let lists = spans.prefix(3).map { span in [Self.phantom(in: span)].compactMap(\.self) }
            return RepairAnswer.names(Array(lists)).encoded
        default: return self.sound(question, of: node).encoded
        }
    }

    private static func phantom(in span: BucketSpan) -> ChunkName? {
        var random = SplitMix64(seed: UInt64(span.start))
        for _ in 0..<20_000 {
            let key = Key(high: random.next(), low: random.next())
            guard key.partition == Int(span.partition) else { continue }
            let frame = FrameID(run: RunID(high: 9, low: 9), sequence: random.next())
            let created = ClusterTime(nanoseconds: UInt64(span.start) * 60_000_000_000)
            return ChunkName(id: ChunkID(frame: frame, key: key), created: created)
        }
        return nil
    }

    private func sound(_ question: RepairQuestion, of node: Int) -> RepairAnswer {
        let (chunks, floor) = (self.nodes[node].chunks, self.nodes[node].floor)
        func counted(_ minutes: Range<UInt32>) -> [ChunkName] {
            chunks.filter {
                $0.created.minute >= UInt64(floor) && minutes.contains(UInt32($0.created.minute))
            }
        }
        switch question {
        case .partitions(let partitions, let minutes):
            var digests: [Int: ChunkDigest] = [:]
            for chunk in counted(minutes) where partitions.contains(chunk.id.key.partition) {
                digests[chunk.id.key.partition, default: .none] += chunk.digest
            }
            let told = digests.sorted { $0.key < $1.key }
                .map { PartitionDigest(partition: UInt16($0.key), digest: $0.value) }
            return .partitions(told, floor: floor)
        case .spans(let partitions, let minutes, let minutesFrom):
            var digests: [BucketSpan: ChunkDigest] = [:]
            for chunk in counted(minutes) where partitions.contains(UInt16(chunk.id.key.partition)) {
                let span = BucketSpan(chunk.id.key, created: chunk.created)
                digests[span.start >= minutesFrom ? span : span.wholeHour, default: .none] += chunk.digest
            }
            return .spans(
                digests.sorted { $0.key < $1.key }.map { SpanDigest(span: $0.key, digest: $0.value) }
            )
        case .names(let spans):
            var lists: [[ChunkName]] = []
            var count = 0
            for span in spans {
                let names = chunks.filter { span.holds($0.id.key, created: $0.created) }.sorted {
                    $0.id < $1.id
                }
                guard count == 0 || count + names.count <= self.namesMax else { break }
                count += names.count
                lists.append(names)
            }
            return .names(lists)
        case .purges(let digest):
            let known = self.nodes[node].tombstones
            return .purges(known.digest == digest ? Tombstones() : known)
        case .chunks(let names):
            let given = names.filter { chunks.contains($0) }.prefix(self.chunksMax)
            return .chunks(given.isEmpty ? [] : RepairAnswer.names([Array(given)]).encoded)
        }
    }
}
