import Telemetry

@testable import Cluster

/// Nodes that gossip totals over a network that loses, repeats and delays; and an oracle that knows what was sent.
struct AggregateWorld {
    private enum Event {
        case question(from: Int, to: Int, [UInt8])
        case answer(from: Int, to: Int, [UInt8])
        case silence(of: Int, to: Int)
        case chunk(to: Int, Int)
    }

    private(set) var nodes: [AggregateGossip]
    private(set) var now = AggregateSamples.epoch
    private let names: [NodeID]
    private var random: SplitMix64
    private var queue: [(at: UInt64, number: Int, event: Event)] = []
    private var number = 0
    private var chunks: [(id: ChunkID, slots: [Slot])] = []
    private var oracle = AggregateSamples.table(ownsAll: true)
    /// Of a thousand questions and answers, so many are lost, and as many come twice.
    var lossPerMille = 0

    init(nodes count: Int, seed: UInt64) {
        self.random = SplitMix64(seed: seed)
        self.names = (0..<count).map { NodeID(number: UInt($0)) }
        self.nodes = []
        for _ in 0..<count {
            self.nodes.append(AggregateGossip(seed: self.random.next(), at: AggregateSamples.epoch))
        }
        for node in 0..<count { self.view(of: node) }
    }

    /// Each partition has two owners.
    func owners(of partition: Int) -> [Int] {
        let first = partition % self.nodes.count
        return [first, (first + 1) % self.nodes.count]
    }

    /// A chunk is made now, and comes to its owners within some seconds, some copies late, some twice.
    mutating func send(_ chunk: (id: ChunkID, slots: [Slot]), lateSeconds: Int = 8) {
        self.chunks.append(chunk)
        self.oracle.add(chunk.id, chunk.slots)
        for node in self.owners(of: chunk.id.key.partition) {
            for _ in 0...(self.random.chance(perMille: 200) ? 1 : 0) {
                let delay = self.random.below(lateSeconds * 1_000)
                self.put(.chunk(to: node, self.chunks.count - 1), afterMilliseconds: delay)
            }
        }
        // Somebody who does not own it holds it too.
        if self.random.chance(perMille: 300) {
            let node = self.random.below(self.nodes.count)
            self.put(.chunk(to: node, self.chunks.count - 1), afterMilliseconds: self.random.below(5_000))
        }
    }

    /// Lets time pass; gives the first breach of what must always hold.
    mutating func run(seconds: Int) -> String? {
        let end = self.now.advanced(byNanoseconds: Int64(seconds) * 1_000_000_000)
        while self.now < end {
            let next = self.now.advanced(byNanoseconds: 100_000_000)
            while let index = self.due(before: next) {
                let event = self.queue.remove(at: index)
                self.now = max(self.now, ClusterTime(nanoseconds: event.at))
                self.perform(event.event)
            }
            self.now = next
            for node in self.nodes.indices {
                self.send(self.nodes[node].tick(at: self.now), from: node)
            }
            // Once a second is enough: what exceeded once would not go again.
            let isWholeSecond = self.now.nanoseconds / 100_000_000 % 10 == 0
            if isWholeSecond, let breach = self.excess() { return breach }
        }
        return nil
    }

    /// The first node whose totals are not what was sent.
    func difference() -> String? {
        let expected = AggregateSamples.content(self.oracle)
        for (number, node) in self.nodes.enumerated() {
            let content = AggregateSamples.content(node.table)
            guard content != expected else { continue }
            return "node \(number) shows \(content.values.map(\.count)) of \(expected.values.map(\.count))"
        }
        return nil
    }

    /// The oracle forgets what is below the floor too.
    mutating func settleOracle() { self.oracle.advance(to: self.now) }

    // MARK: - Private

    private mutating func view(of node: Int) {
        let others = self.names.indices.filter { $0 != node }.map { self.names[$0] }
        let count = self.names.count
        self.nodes[node].viewChanged(
            peers: others,
            isOwned: { partition in
                partition % count == node || (partition % count + 1) % count == node
            },
            at: self.now
        )
    }

    private func due(before end: ClusterTime) -> Int? {
        var best: Int?
        for index in self.queue.indices where self.queue[index].at < end.nanoseconds {
            guard let known = best else {
                best = index
                continue
            }
            let (one, other) = (self.queue[index], self.queue[known])
            if (one.at, one.number) < (other.at, other.number) { best = index }
        }
        return best
    }

    private mutating func perform(_ event: Event) {
        switch event {
        case .question(let from, let to, let bytes):
            guard let answer = self.nodes[to].asked(bytes, at: self.now) else { return }
            self.carry(.answer(from: to, to: from, answer), silence: .silence(of: to, to: from))
        case .answer(let from, let to, let bytes):
            self.send(self.nodes[to].answered(by: self.names[from], bytes, at: self.now), from: to)
        case .silence(let from, let to): self.nodes[to].unanswered(by: self.names[from], at: self.now)
        case .chunk(let node, let index):
            self.nodes[node].add(self.chunks[index].id, self.chunks[index].slots, at: self.now)
        }
    }

    private mutating func send(_ effects: [AggregateGossip.Effect], from node: Int) {
        for case .ask(let name, let bytes) in effects {
            guard let target = self.names.firstIndex(of: name) else { continue }
            self.carry(.question(from: node, to: target, bytes), silence: .silence(of: target, to: node))
        }
    }

    private mutating func carry(_ event: Event, silence: Event) {
        if self.random.chance(perMille: self.lossPerMille) {
            // Half of the losses are noticed by somebody.
            if self.random.chance(perMille: 500) { self.put(silence, afterMilliseconds: 500) }
            return
        }
        for _ in 0...(self.random.chance(perMille: self.lossPerMille) ? 1 : 0) {
            self.put(event, afterMilliseconds: self.random.below(self.lossPerMille > 0 ? 1_500 : 20))
        }
    }

    private mutating func put(_ event: Event, afterMilliseconds delay: Int) {
        self.number += 1
        let at = self.now.advanced(byNanoseconds: Int64(delay) * 1_000_000).nanoseconds
        self.queue.append((at, self.number, event))
    }

    /// A total that exceeds what was sent, on any node.
    private func excess() -> String? {
        for (number, node) in self.nodes.enumerated() {
            for window in node.table.windows {
                for entry in node.table.entries(of: window) {
                    let sent = self.oracle.entry(of: entry.series, in: window)
                    guard let sent, entry.slotCount <= sent.slotCount, !Self.exceeds(entry.value, sent.value)
                    else { return "node \(number): \(entry) exceeds \(String(describing: sent))" }
                }
            }
        }
        return nil
    }

    private static func exceeds(_ value: SlotValue, _ sent: SlotValue) -> Bool {
        switch (value, sent) {
        case (.counter(let one), .counter(let other)): one > other
        case (.gauge(let one), .gauge(let other)): one.count > other.count
        case (.histogram(let one), .histogram(let other)): one.count > other.count
        case (.distinct(let one), .distinct(let other)): one.estimate > other.estimate
        default: true
        }
    }
}
