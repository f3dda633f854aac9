internal import Telemetry

/// Who is in the cluster, and who answers: SWIM with Lifeguard, as one machine without IO.
///
/// Das, Gupta, Motivala: "SWIM" (2002); Dadgar, Phillips, Currey: "Lifeguard" (2018). Beyond the papers: the end of a
/// connection makes its member suspect at once, an answer carries the newest incarnation, suspicion has a timer of its
/// own, and everything known is compared now and then, with the dead too.
///
/// One owner at a time. Time is a duration since the process started; every draw comes from the seed.
package struct Membership: Sendable {
    /// What the shell is to do.
    package enum Effect: Equatable, Sendable {
        /// Send a message over the control connection to a member; where there is none, open one or let it go.
        case send(MembershipMessage, to: NodeID)
        /// A member appeared, or its record changed. Nil where it was not known.
        case changed(MemberRecord, from: MemberStatus?)
        /// This member's own record changed; a higher epoch must be kept on disk before it is used.
        case renewed(MemberRecord)
        /// From now on all is placed by these; they must be kept on disk.
        case placement(PlacementParameters)
        /// Another process lives under this member's name; one of them has to stop.
        case clash(MemberRecord)
    }

    /// What is known of somebody else.
    struct Member: Equatable, Sendable {
        var record: MemberRecord
        var suspicion: Suspicion?
        /// When it was found dead or gone.
        var goneSince: Duration?
    }

    let options: MembershipOptions
    /// This member itself.
    package internal(set) var local: MemberRecord
    /// What all place by, as far as this member has heard.
    package internal(set) var placement: PlacementParameters
    /// The others, sorted by name.
    var members: [Member] = []
    var random: SplitMix64
    var rumors = RumorQueue()
    var prober: Prober
    /// 0 for a healthy process; each point stretches its own intervals and timeouts.
    package internal(set) var sickness = 0
    var nextGossip: Duration?
    var nextSync: Duration
    /// When everything is compared once more, because something changed; nil while nothing did.
    var nextNews: Duration?
    /// When it was so last.
    var lastNews: Duration?
    /// When somebody's record changed last, or somebody was accused by one more: no suspicion ends before.
    var lastChange = Duration.zero
    /// How often another process under this name was met lately.
    var clashes = 0
    /// When it was met last.
    var lastClash = Duration.zero

    /// A member that knows nobody.
    ///
    /// - Parameters:
    ///   - local: What it says of itself.
    ///   - placement: What it placed by last, or is configured with.
    ///   - options: Times and counts.
    ///   - seed: Of every draw.
    ///   - now: Since the process started.
    package init(
        _ local: MemberRecord,
        placement: PlacementParameters = .standard,
        options: MembershipOptions = .init(),
        seed: UInt64,
        at now: Duration
    ) {
        self.options = options
        self.local = local
        self.placement = placement
        self.random = SplitMix64(seed: seed)
        self.prober = Prober(next: now + options.probeInterval)
        self.nextSync = now + options.syncInterval
    }

    /// Takes members for known from the start and tells nobody: for whoever plays a cluster that has stood for long.
    ///
    /// - Parameter records: Members that live, this one among them or not; no more are taken than may be known.
    package mutating func know(_ records: [MemberRecord]) {
        let others = records.filter { $0.node != self.local.node && $0.status.isPresent }
        self.members = others.sorted { $0.node < $1.node }.prefix(self.options.membersMax).map {
            Member(record: $0)
        }
        self.prober.round = self.members.map(\.record.node).shuffled(using: &self.random)
    }

    /// When ``tick(at:)`` wants to be called; earlier calls change nothing.
    package var deadline: Duration {
        guard self.local.status != .left else { return .seconds(Int64.max / 2) }
        var deadline = min(self.prober.deadline, self.nextSync)
        if let gossip = self.nextGossip { deadline = min(deadline, gossip) }
        if let news = self.nextNews { deadline = min(deadline, news) }
        // Most of the time nobody is suspected, and nobody has to be counted.
        var live: Int?
        for index in self.members.indices {
            guard let suspicion = self.members[index].suspicion else { continue }
            let count = live ?? self.liveCount
            live = count
            deadline = min(deadline, self.end(of: suspicion, live: count))
        }
        return deadline
    }

    /// When a suspicion ends: what brought its end nearer is no lateness of ours.
    func end(of suspicion: Suspicion, live: Int) -> Duration {
        max(suspicion.deadline(live: live), self.lastChange)
    }

    /// Everybody that is known, this member included, sorted by name.
    package var records: [MemberRecord] {
        let others = self.members.map(\.record)
        let place = others.firstIndex { $0.node > self.local.node } ?? others.count
        return others[..<place] + [self.local] + others[place...]
    }

    /// Rumors that are still to be told: one for each member at most.
    package var rumorCount: Int { self.rumors.count }

    /// Probes on behalf of others that are under way.
    package var relayCount: Int { self.prober.relays.count }

    /// The record of a member; nil where it is not known.
    package func record(of node: NodeID) -> MemberRecord? {
        node == self.local.node ? self.local : self.index(of: node).map { self.members[$0].record }
    }

    /// Members that may answer, the suspected and this one included.
    var presentCount: Int { 1 + self.members.count { $0.record.status.isPresent } }

    /// Members that answer, as far as is known, this one included.
    var liveCount: Int {
        1 + self.members.count { $0.record.status == .alive || $0.record.status == .leaving }
    }

    func index(of node: NodeID) -> Int? {
        let place = self.place(of: node)
        return place < self.members.count && self.members[place].record.node == node ? place : nil
    }

    /// Where a member stands or would stand.
    func place(of node: NodeID) -> Int {
        var low = 0
        var high = self.members.count
        while low < high {
            let middle = (low + high) / 2
            if self.members[middle].record.node < node { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
