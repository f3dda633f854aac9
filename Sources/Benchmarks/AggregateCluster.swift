internal import Cluster
internal import Telemetry

/// The real machines of a cluster on virtual time: every service's slots come to its two owners, and gossip does the rest.
struct AggregateCluster {
    /// What a run came to.
    struct Result {
        var bytesPerNodeAndSecond: Double
        /// From a window's end until all nodes show the same, at worst.
        var slowestSeconds: Double
    }

    private static let owners = 2
    /// Time goes on in such steps, in nanoseconds.
    private static let step: Int64 = 100_000_000
    /// Slots come within so many steps after their window's end.
    private static let arrivalSteps = 15

    private let names: [NodeID]
    private var nodes: [AggregateGossip] = []
    private let load: AggregateLoad
    private let hosts: Int
    private var random: SplitMix64

    init(nodes count: Int, hosts: Int) {
        self.random = SplitMix64(seed: UInt64(count))
        self.load = AggregateLoad(hosts: hosts, &self.random)
        self.hosts = hosts
        self.names = (0..<count).map { NodeID(number: UInt($0)) }
        for node in 0..<count {
            // Not all in step, as no cluster is.
            let offset = Int64(self.random.below(1_000_000_000))
            let start = AggregateLoad.epoch.advanced(byNanoseconds: -offset)
            var machine = AggregateGossip(seed: self.random.next(), at: start)
            machine.viewChanged(
                peers: self.names.filter { $0 != self.names[node] },
                isOwned: { Self.ownersOf($0, of: count).contains(node) },
                at: start
            )
            self.nodes.append(machine)
        }
    }

    /// Plays some windows, each with all slots of all hosts.
    mutating func run(windows: Int) -> Result {
        var now = AggregateLoad.epoch
        var slowest = 0.0
        for _ in 0..<windows {
            let window = Window(index: Window(at: now).index - 1)
            let chunks = self.load.chunks(window: window)
            let perStep = (chunks.count + Self.arrivalSteps - 1) / Self.arrivalSteps
            var alikeAfter: Double?
            for step in 0..<100 {
                let first = min(step * perStep, chunks.count)
                for chunk in chunks[first..<min(first + perStep, chunks.count)] { self.add(chunk, at: now) }
                now = now.advanced(byNanoseconds: Self.step)
                for node in self.nodes.indices { self.perform(self.nodes[node].tick(at: now), of: node, now) }
                if alikeAfter == nil, step > 20, step % 5 == 0, self.areAlike(window) {
                    alikeAfter = Double(step) / 10
                }
            }
            precondition(self.areAlike(window), "a window is the same everywhere before the next one ends")
            slowest = max(slowest, alikeAfter ?? 10)
        }
        let bytes = self.nodes.reduce(0) { $0 + $1.counts.bytesSent }
        let seconds = Double(windows * 10)
        return Result(
            bytesPerNodeAndSecond: Double(bytes) / Double(self.nodes.count) / seconds,
            slowestSeconds: slowest
        )
    }

    private mutating func add(_ chunk: (id: ChunkID, slots: [Slot]), at now: ClusterTime) {
        for node in Self.ownersOf(chunk.id.key.partition, of: self.nodes.count) {
            self.nodes[node].add(chunk.id, chunk.slots, at: now)
        }
    }

    private mutating func perform(_ effects: [AggregateGossip.Effect], of node: Int, _ now: ClusterTime) {
        for case .ask(let name, let question) in effects {
            guard let other = self.names.firstIndex(of: name),
                let answer = self.nodes[other].asked(question, at: now)
            else { continue }
            self.perform(self.nodes[node].answered(by: name, answer, at: now), of: node, now)
        }
    }

    /// Whether all nodes show all slots of a window.
    private func areAlike(_ window: Window) -> Bool {
        let first = self.nodes[0].table.entries(of: window)
        guard first.count == 500, first.allSatisfy({ $0.slotCount == UInt64(self.hosts) }) else {
            return false
        }
        return self.nodes.allSatisfy { $0.table.entries(of: window) == first }
    }

    private static func ownersOf(_ partition: Int, of count: Int) -> [Int] {
        (0..<Self.owners).map { (partition + $0) % count }
    }
}
