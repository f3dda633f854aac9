package import Cluster
internal import Telemetry

/// A whole cluster of real cores on virtual time; the same seed plays the same run to the last message.
package struct World: Sendable {
    enum Event: Sendable {
        case message(MembershipMessage, from: Int, to: Int, stream: UInt64)
        case streamEnd(at: Int, of: Int, stream: UInt64)
        case tick(Int)
        case dial(Int)
        case peer(PeerMessage, from: Place, to: Place)
        case written(FrameID, at: Int, boot: UInt64, copyFor: Int?)
        case writeTick(Int)
        case unanswered(FrameID, at: Int, boot: UInt64, by: Int)
        case forwardDue(request: UInt64, at: Int, boot: UInt64)
        case door(Int, boot: UInt64)
        case produce(agent: Int, every: Duration, until: Duration)
        case agentTick(agent: Int)
        case askSeed(agent: Int)
        case called(Int, agent: Int, stream: UInt64)
        case lost(Int, agent: Int, stream: UInt64)
        case repairTick(Int)
        case totalsTick(Int)
        case answering(Asked, number: UInt64, at: Int, boot: UInt64, to: Int)
        case silent(UInt64, at: Int, boot: UInt64)
        case kept([UInt8], number: UInt64, at: Int, boot: UInt64)
        case removeGiven(Int, boot: UInt64)
        case tend(Int)
        case closeWindow(agent: Int, until: Duration)
        case leaving(Int, boot: UInt64)
        case draining(Int, boot: UInt64)
        case fault(Fault)
        case check
    }

    package let seed: UInt64
    package internal(set) var now = Duration.zero
    package internal(set) var nodes: [VirtualNode] = []
    package internal(set) var agents: [VirtualAgent] = []
    /// Frames that agents made.
    package internal(set) var madeCount = 0
    package internal(set) var log = Log()
    /// Promises that were broken; a sound run has none.
    package internal(set) var violations: [String] = []
    package var network: VirtualNetwork
    /// Rules that tests break.
    package var sabotage = Sabotage()
    /// A running hash over everything that happened.
    package internal(set) var trace: UInt64 = 0
    var queue = EventQueue<Event>()
    var streams: UInt64 = 0
    var lastSender: UInt64 = 0
    var troubles = Troubles()
    /// Processes that made frames; the low half of a run's id is its place here.
    var runs: [Run] = []
    /// Frames that some node confirmed.
    var confirmed = FrameSet()
    /// The same by the copies that the first confirmation promised, 1 to 5.
    var promised: [Int: FrameSet] = [:]
    /// Confirmed frames whose loss was told.
    var reported = FrameSet()
    /// Frames that an operator deleted for good.
    var purgedFrames = FrameSet()
    /// The deletions, until nobody keeps anything so old.
    var purges: [Purge] = []
    /// Processes that were found dead by a timer.
    var findings: Set<Finding> = []
    /// Placements by the members that hold a place.
    var placements: [PlacementKey: Placement] = [:]
    /// The bounds of every node's write path: tight ones, so that runs meet them.
    package var limits = World.tightLimits
    let options: MembershipOptions
    let parameters: PlacementParameters
    /// Nodes have doors of their own until then.
    var doorsUntil = Duration.zero
    /// Nodes of even numbers keep what they hold for so long, others for ``retentionLead`` longer.
    let retention: Duration
    /// Over so many zones the nodes are spread; none for zero.
    let zoneCount: Int
    /// Times of every node's repair.
    package var repairOptions = World.quickRepair
    /// Nodes by their names.
    var numbers: [NodeID: Int] = [:]
    /// What frames are made of.
    var book = FrameBook()
    /// Totals of all slots that were made.
    var oracle: AggregateTable
    /// By number of the run: the first sequence that has not expired.
    var expiredTo: [UInt64] = []
    /// Whether bytes of membership are counted.
    var isMeasuring = false
    private var random: SplitMix64

    /// A cluster of nodes that start within a second and know each other by a list of seeds.
    package init(
        nodes count: Int,
        seed: UInt64,
        options: MembershipOptions = .init(),
        parameters: PlacementParameters = .standard,
        zones: Int = 0,
        retention: Duration = .seconds(360)
    ) {
        self.seed = seed
        self.retention = retention
        self.oracle = AggregateTable(limits: Self.totalsLimits(retention))
        self.options = options
        self.parameters = parameters
        self.zoneCount = zones
        var random = SplitMix64(seed: seed)
        self.network = VirtualNetwork(seed: random.next())
        self.random = random
        self.queue.add(.check, at: .seconds(1))
        for index in 0..<count {
            self.addNode(index)
            self.queue.add(.fault(.restart(index)), at: .milliseconds(self.random.below(1000)))
        }
        self.oracle.own { _ in true }
    }

    /// A node that was never there before; its clock is a little off.
    mutating func addNode(_ index: Int) {
        self.nodes.append(VirtualNode(index, zone: Self.zone(of: index, among: self.zoneCount)))
        self.nodes[index].wallOffset = Int64(self.random.below(1_000_000_000)) - 500_000_000
        self.numbers[self.nodes[index].id] = index
        self.queue.add(.tend(index), at: self.now + .milliseconds(self.random.below(20_000)))
    }

    static func zone(of index: Int, among zones: Int) -> String {
        zones > 0 ? "zone-\(index % zones)" : ""
    }

    private static var tightLimits: Replication.Limits {
        var limits = Replication.Limits()
        limits.pendingMax = 128
        limits.debtMax = 24
        limits.debtCopiesMax = 8
        return limits
    }

    /// Lets something happen later.
    package mutating func schedule(_ fault: Fault, at time: Duration) {
        self.queue.add(.fault(fault), at: time)
    }

    /// Plays until a moment.
    package mutating func run(until end: Duration) {
        while let next = self.queue.next, next <= end, let (at, event) = self.queue.take() {
            self.now = max(self.now, at)
            self.play(event)
            self.log.steps += 1
        }
        self.now = max(self.now, end)
    }

    /// A seed for something that must not share its numbers.
    mutating func draw() -> UInt64 { self.random.next() }

    private mutating func play(_ event: Event) {
        switch event {
        case .message(let message, let from, let to, let stream): self.deliver(message, from, to, stream)
        case .streamEnd(let node, let peer, let stream): self.end(node, peer, stream)
        case .tick(let index):
            // One that was overtaken by an earlier deadline, or belongs to a process that is gone.
            guard self.nodes[index].scheduledTick == self.now else { return }
            self.nodes[index].scheduledTick = nil
            guard !self.nodes[index].isPaused else { return }
            self.drive(index, .timer) { membership, now in membership.tick(at: now) }
        case .dial(let index):
            if self.nodes[index].scheduledDial == self.now { self.dialAll(index) }
        case .fault(let fault): self.perform(fault)
        case .leaving(let index, let boot): self.leaving(index, boot: boot)
        case .repairTick, .totalsTick, .answering, .silent, .kept, .removeGiven, .tend, .closeWindow,
            .draining:
            self.playMore(event)
        case .check:
            self.checkAll()
            self.queue.add(.check, at: self.now + .seconds(1))
        case .peer(let message, let from, let to): self.deliver(message, from: from, to: to)
        case .written(let id, let index, let boot, let sender):
            self.written(id, at: index, boot: boot, copyFor: sender)
        case .writeTick(let index): self.writeTick(index)
        case .unanswered(let id, let index, let boot, let peer):
            self.unanswered(id, at: index, boot: boot, by: peer)
        case .forwardDue(let request, let index, let boot):
            self.forwardDue(request: request, at: index, boot: boot)
        case .door(let index, let boot): self.knock(index, boot: boot)
        case .produce(let agent, let interval, let end): self.produce(agent, every: interval, until: end)
        case .agentTick(let agent): self.agentTick(agent)
        case .askSeed(let agent): self.askSeed(agent)
        case .called(let index, let agent, let stream): self.called(index, agent, stream)
        case .lost(let index, let agent, let stream): self.lose(index, agent, stream)
        }
    }

    private mutating func playMore(_ event: Event) {
        switch event {
        case .repairTick(let index): self.repairTick(index)
        case .totalsTick(let index): self.totalsTick(index)
        case .answering(let asked, let number, let index, let boot, let asker):
            self.answering(asked, number: number, at: index, boot: boot, to: asker)
        case .silent(let number, let index, let boot): self.silent(number, at: index, boot: boot)
        case .kept(let bytes, let number, let index, let boot):
            self.kept(bytes, number: number, at: index, boot: boot)
        case .removeGiven(let index, let boot): self.removeGiven(index, boot: boot)
        case .tend(let index): self.tend(index)
        case .draining(let index, let boot): self.draining(index, boot: boot)
        case .closeWindow(let agent, let end): self.closeWindow(agent: agent, until: end)
        default: break
        }
    }

    // MARK: - Nodes

    /// Passes an input to a node's core and performs what it asks for.
    mutating func drive(
        _ index: Int,
        _ occasion: Occasion = .other,
        _ input: (inout Membership, Duration) -> [Membership.Effect]
    ) {
        guard var membership = self.nodes[index].membership.take() else { return }
        let (before, now) = (membership.local, self.now - self.nodes[index].started)
        let spoiled = self.sabotage.membership?(&membership, now) ?? []
        let effects = input(&membership, now)
        self.nodes[index].membership = membership
        self.checkOwn(index, before: before, after: membership.local)
        for effect in spoiled { self.perform(effect, of: index, .timer) }
        for effect in effects { self.perform(effect, of: index, occasion) }
        self.reschedule(index)
    }

    private mutating func reschedule(_ index: Int) {
        guard let membership = self.nodes[index].membership else { return }
        let at = max(self.nodes[index].started + membership.deadline, self.now)
        if let known = self.nodes[index].scheduledTick, known <= at { return }
        self.nodes[index].scheduledTick = at
        self.queue.add(.tick(index), at: at)
    }

    private mutating func perform(_ effect: Membership.Effect, of index: Int, _ occasion: Occasion) {
        switch effect {
        case .send(let message, let node): self.send(message, from: index, to: node)
        case .changed(let record, let former):
            guard let about = self.index(of: record.node) else { return }
            self.checkSeen(record, of: about, by: index)
            self.log.verdicts.append(Verdict(at: self.now, by: index, about: about, status: record.status))
            if record.status == .dead {
                self.checkVerdict(record, from: former, of: about, by: index, occasion)
            }
            self.viewChanged(index)
            self.note(UInt64(index) << 32 | UInt64(about) << 8 | UInt64(record.status.rawValue))
        case .renewed(let record):
            self.nodes[index].disk.epoch = max(self.nodes[index].disk.epoch, record.epoch)
            self.viewChanged(index)
        case .placement(let parameters):
            self.nodes[index].disk.placement = parameters
            self.viewChanged(index)
            self.note(UInt64(index) << 32 | parameters.version << 8 | UInt64(parameters.replication))
        case .clash: self.violations.append("\(self.now): \(self.nodes[index].id) met itself")
        }
    }

    func index(of node: NodeID) -> Int? { self.numbers[node] }

    /// Mixes something that happened into the trace.
    mutating func note(_ what: UInt64) {
        let (seconds, attoseconds) = self.now.components
        let time = UInt64(truncatingIfNeeded: seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
        self.trace = SplitMix64.mixed(self.trace ^ time &* 0x9e37_79b9_7f4a_7c15) ^ SplitMix64.mixed(what)
    }
}
