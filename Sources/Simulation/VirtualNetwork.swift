internal import Cluster
internal import Telemetry

/// Streams between nodes as TCP makes them: in order, late where a packet was lost, cut where one side is gone.
///
/// Every draw comes from a generator of its own, so that a fault more elsewhere does not change the delays.
package struct VirtualNetwork: Sendable {
    /// What every link does to what goes over it.
    package struct Conditions: Equatable, Sendable {
        /// The least a message takes one way.
        package var delayMin = Duration.microseconds(100)
        /// Added on average, many short and few long.
        package var delayMean = Duration.microseconds(400)
        /// Packets lost in a thousand; each one costs a retransmission.
        package var lossPerMille = 0
        /// TCP sends a lost packet again after so long, and doubles it each further time.
        package var retransmission = Duration.milliseconds(200)
        /// A stream on which nothing was acknowledged for so long is cut (TCP_USER_TIMEOUT).
        package var userTimeout = Duration.milliseconds(PeerProtocol.userTimeoutMilliseconds)

        /// Data messages in a thousand that arrive once more.
        package var duplicatesPerMille = 0
        /// Data messages in a thousand that later ones overtake.
        package var reorderingPerMille = 0

        /// A quiet local network.
        package init() {}
    }

    package var conditions = Conditions()
    private var random: SplitMix64
    /// Groups of nodes that cannot reach each other; nodes in no group are with all.
    private var groups: [Int: Int] = [:]
    /// Pairs whose first cannot reach the second.
    private var cut: Set<Pair> = []
    /// When the last message of a stream arrives; the next one does not overtake it.
    private var lastArrival: [Pair: Duration] = [:]

    struct Pair: Hashable, Sendable {
        var from: Int
        var to: Int
    }

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    /// Whether packets get from one node to another.
    package func reaches(_ from: Int, _ to: Int) -> Bool {
        if self.cut.contains(Pair(from: from, to: to)) { return false }
        guard let left = self.groups[from], let right = self.groups[to] else { return true }
        return left == right
    }

    /// When a message arrives that leaves now; nil where it will not, because the other cannot be reached.
    mutating func arrival(_ from: Int, _ to: Int, at now: Duration) -> Duration? {
        var delay = self.conditions.delayMin + self.conditions.delayMean * self.exponential() / 1000
        var wait = self.conditions.retransmission
        var lost = Duration.zero
        while self.random.below(1000) < self.conditions.lossPerMille {
            lost += wait
            wait = min(wait * 2, .seconds(60))
        }
        guard self.reaches(from, to), lost < self.conditions.userTimeout else { return nil }
        delay += lost
        let pair = Pair(from: from, to: to)
        let arrival = max(now + delay, self.lastArrival[pair] ?? .zero)
        self.lastArrival[pair] = arrival
        return arrival
    }

    /// A delay for anything else that takes a moment.
    mutating func moment() -> Duration {
        self.conditions.delayMin + self.conditions.delayMean * self.exponential() / 1000
    }

    /// How much later than in its turn a data message arrives; none for most.
    mutating func overtaken() -> Duration {
        self.chance(self.conditions.reorderingPerMille, of: 500) ?? .zero
    }

    /// How much later a data message arrives once more; nil for most.
    mutating func repeated() -> Duration? { self.chance(self.conditions.duplicatesPerMille, of: 3000) }

    /// A number below a bound, for whatever the network decides.
    mutating func below(_ bound: Int) -> Int { self.random.below(bound) }

    private mutating func chance(_ perMille: Int, of milliseconds: Int) -> Duration? {
        guard perMille > 0, self.random.below(1000) < perMille else { return nil }
        return .milliseconds(self.random.below(milliseconds))
    }

    mutating func forget(_ node: Int) {
        self.lastArrival = self.lastArrival.filter { $0.key.from != node && $0.key.to != node }
    }

    /// Splits the nodes into groups.
    mutating func split(_ groups: [[Int]]) {
        self.groups = [:]
        for (number, members) in groups.enumerated() { for node in members { self.groups[node] = number } }
    }

    /// Lets nothing pass one way.
    mutating func cut(from: Int, to: Int) { self.cut.insert(Pair(from: from, to: to)) }

    /// Lets everything pass this way again, unless a split is in between.
    mutating func mend(from: Int, to: Int) { self.cut.remove(Pair(from: from, to: to)) }

    /// Lets everything pass again.
    mutating func heal() {
        self.groups = [:]
        self.cut = []
    }

    /// Thousandths of an exponential number of mean one: -ln of a uniform one, by adding up coin tosses' powers.
    private mutating func exponential() -> Int {
        // The position of the first one in random bits is geometric; its interpolation is close to exponential.
        let bits = self.random.next()
        let zeros = bits.leadingZeroBitCount
        let fraction = Int((bits << UInt64(min(zeros + 1, 63))) >> 54)
        return (zeros * 1000 + 1000 - fraction * 1000 / 1024) * 693 / 1000
    }
}
