package import Cluster
internal import Telemetry

extension World {
    /// A disk that was lost so lately may have answered before, while its answer is still on the way.
    private static let answerMemory = Duration.seconds(60)

    /// What each running node takes each node for, by number.
    package func views() -> [[MemberStatus?]] {
        self.nodes.filter(\.isRunning).map { node in
            self.nodes.map { node.membership?.record(of: $0.id)?.status }
        }
    }

    /// Whether all running nodes see all running nodes alive, and no other one.
    package var isConverged: Bool {
        self.views().allSatisfy { view in
            zip(view, self.nodes).allSatisfy { status, node in
                node.isRunning ? status == .alive : status == nil || status == .dead || status == .left
            }
        }
    }

    /// Whether all running nodes place by the same.
    package var placesAlike: Bool {
        Set(self.nodes.filter(\.isRunning).compactMap { $0.membership?.placement.description }).count <= 1
    }

    mutating func violate(_ what: String) { self.violations.append("\(self.now): \(what)") }

    // MARK: - At every step

    /// A process that runs is found dead by nobody that can reach it, short pauses aside; found dead by others, it is
    /// asked first by whoever took it for present; and nobody says that it was found who did not hear so.
    mutating func checkVerdict(
        _ record: MemberRecord,
        from former: MemberStatus?,
        of about: Int,
        by index: Int,
        _ occasion: Occasion
    ) {
        // An earlier process under this name is dead indeed.
        guard let process = self.nodes[about].membership?.local,
            (process.epoch, process.run) == (record.epoch, record.run)
        else { return }
        let finding = Finding(about: about, epoch: record.epoch, incarnation: record.incarnation)
        let (left, right) = (self.nodes[index].id, self.nodes[about].id)
        switch occasion {
        case .timer:
            self.findings.insert(finding)
            guard !self.troubles.excuse(about, by: index, at: self.now) else { return }
            self.violate("\(left) took \(right) for dead, which is well")
        case .comparison where former?.isPresent == true:
            self.violate("\(left) took \(right) for dead because another one does")
        case .comparison, .rumors, .other:
            guard !self.findings.contains(finding) else { return }
            self.violate("\(left) took \(right) for dead, which nobody found")
        }
    }

    /// A member's own epoch and incarnation only rise.
    mutating func checkOwn(_ index: Int, before: MemberRecord, after: MemberRecord) {
        guard (after.epoch, after.incarnation) < (before.epoch, before.incarnation) else { return }
        self.violate("the incarnation of \(after.node) fell")
    }

    /// So do those that a process sees of others.
    mutating func checkSeen(_ record: MemberRecord, of about: Int, by index: Int) {
        let known = self.nodes[index].seen.updateValue(record, forKey: about)
        guard let known, (record.epoch, record.incarnation) < (known.epoch, known.incarnation) else { return }
        self.violate("the incarnation of \(record.node) fell in the eyes of \(self.nodes[index].id)")
    }

    /// A frame is on the disks of as many nodes as were promised when it is confirmed, and all of them hold a place in
    /// the picture of the node that confirms: none that is dead or left, none that leaves.
    mutating func checkConfirmed(_ id: FrameID, by index: Int) {
        guard let membership = self.nodes[index].membership else { return }
        let promised = membership.placement.confirmations
        // By number: a copy of a node costs more than all that is looked at.
        let placed = self.nodes.indices.filter { membership.record(of: self.nodes[$0].id)?.isPlaced == true }
        let name = self.book.name(of: id)
        // What is deleted counts as held by whoever knows so.
        let holders = placed.count {
            self.nodes[$0].disk.frames.contains(id) || self.nodes[$0].disk.purged.covers(name)
        }
        let lost = self.nodes.indices.filter { self.lostLately(id, $0) }
        let lostCount = lost.count { placed.contains($0) }
        if holders + lostCount < promised {
            self.violate("frame \(id.sequence) was confirmed with \(holders) copies")
        }
        guard self.confirmed.insert(id), !self.purgedFrames.contains(id) else { return }
        self.promised[promised, default: FrameSet()].insert(id)
        // Earlier losses were no losses of what was promised.
        for index in self.nodes.indices where !lost.contains(index) { self.nodes[index].disk.lost.remove(id) }
    }

    private func lostLately(_ id: FrameID, _ index: Int) -> Bool {
        guard let lostAt = self.nodes[index].disk.lostAt, lostAt + Self.answerMemory > self.now else {
            return false
        }
        return self.nodes[index].disk.lost.contains(id) && !self.nodes[index].disk.frames.contains(id)
    }

    /// An agent lets go of what a node confirmed, and of nothing else.
    mutating func checkReleased(_ id: FrameID, by agent: Int) {
        guard !self.confirmed.contains(id) else { return }
        self.violate("agent \(agent) let go of frame \(id.sequence), which nobody confirmed")
    }

    /// A sender is answered once for each time it asked.
    ///
    /// - Returns: What was asked; nil where nothing was, or it was answered before.
    mutating func checkAnswered(
        _ id: FrameID,
        _ sender: Replication.Sender,
        by index: Int
    ) -> Question? {
        let question = self.nodes[index].asked.removeValue(forKey: sender.number)
        if question?.frame != id {
            let node = self.nodes[index].id
            self.violate("\(node) answered sender \(sender.number) about frame \(id.sequence) twice")
        }
        return question
    }

    // MARK: - Every virtual second

    /// Looks at everything: no confirmed frame is lost, no queue beyond its bound, no agent without its frames.
    mutating func checkAll() {
        self.expire()
        self.checkDurability()
        self.checkPurges()
        self.forgiveLosses()
        self.checkTotals()
        for index in self.nodes.indices {
            self.checkQueues(of: index)
            self.checkMachines(of: index)
        }
        for agent in self.agents {
            self.checkCourier(of: agent)
        }
    }

    private mutating func checkCourier(of agent: VirtualAgent) {
        let inFlight = agent.links.values.map(\.out.count).max() ?? 0
        if inFlight > Self.windowMax { self.violate("agent \(agent.number) has \(inFlight) frames out") }
        if agent.links.count > 8 + 1 {
            self.violate("agent \(agent.number) has \(agent.links.count) connections")
        }
        if agent.madeCount != agent.confirmedCount + agent.spool.count {
            self.violate("agent \(agent.number) forgot frames")
        }
        guard agent.isRunning else { return }
        if agent.courier.heldCount != agent.spool.count {
            self.violate("the courier of agent \(agent.number) forgot frames")
        }
        // Frames of a run are added in their order, and those below the floor are settled.
        var runs: Set<RunID> = []
        for oldest in agent.spool where runs.insert(oldest.run).inserted {
            guard agent.courier.floor(of: oldest.run) > oldest.sequence else { continue }
            self.violate("the floor of agent \(agent.number) passed frame \(oldest.sequence)")
        }
    }

    /// What was confirmed is on as many disks as were promised, those that were lost since included.
    private mutating func checkDurability() {
        let disks = self.nodes.map(\.disk.everHeld)
        for (promised, frames) in self.promised.sorted(by: { $0.key < $1.key }) {
            for (run, sequence) in frames.missing(from: disks, times: promised) {
                let id = FrameID(run: self.runs[run].id, sequence: sequence)
                guard self.reported.insert(id) else { continue }
                let held = self.nodes.count { $0.disk.frames.contains(id) }
                let lost = self.nodes.count { !$0.disk.frames.contains(id) && $0.disk.lost.contains(id) }
                self.violate(
                    "frame \(sequence) of \(self.runs[run]) is on \(held) disks, with \(lost) lost"
                )
            }
        }
    }

    private mutating func checkQueues(of index: Int) {
        let node = self.nodes[index]
        if let what = node.replication?.inconsistency {
            self.violate("the write path of \(node.id) does not fit together: \(what)")
        }
        self.nodes[index].sentCount = 0
        self.log.burstMax = max(self.log.burstMax, node.sentCount)
        if node.sentCount > Self.burstMax(among: self.nodes.count) {
            self.violate("\(node.id) sent \(node.sentCount) messages of membership in a second")
        }
    }

    /// Messages of membership that a node may send in a second.
    private static func burstMax(among nodes: Int) -> Int { 40 + 10 * nodes }

    // MARK: - At a goodbye

    /// What a node said to hold alone is elsewhere when it says that it has handed everything over.
    mutating func checkGoodbye(of index: Int) {
        guard let promised = self.nodes[index].membership?.placement.confirmations, promised > 1 else {
            return
        }
        let others = self.nodes.filter { $0.number != index }.map(\.disk.everHeld)
        let missing = self.nodes[index].accepted.missing(from: others, times: promised - 1)
            .filter { !self.isGone($0.run, $0.sequence) }
        for (run, sequence) in missing.prefix(3) {
            self.violate(
                "\(self.nodes[index].id) left with frame \(sequence) of \(self.runs[run]), which it owed"
            )
        }
    }

    /// What a node said to hold alone was copied by its process, if that still runs.
    private mutating func checkOwed(of index: Int) {
        guard let promised = self.nodes[index].membership?.placement.confirmations else { return }
        let disks = self.nodes.map(\.disk.everHeld)
        let missing = self.nodes[index].accepted.missing(from: disks, times: promised)
            .filter { !self.isGone($0.run, $0.sequence) }
        for (run, sequence) in missing.prefix(3) {
            self.violate(
                "\(self.nodes[index].id) never copied frame \(sequence) of \(self.runs[run]), which it owed"
            )
        }
    }

    // MARK: - At the end

    /// Every agent's spool is empty, everything made was confirmed, and everybody who asked was answered.
    mutating func checkDelivery() {
        for agent in self.agents where !agent.spool.isEmpty {
            self.violate("agent \(agent.number) still holds \(agent.spool.count) frames")
        }
        let confirmed = self.agents.reduce(0) { $0 + $1.confirmedCount }
        let held = self.agents.reduce(0) { $0 + $1.spool.count }
        if confirmed + held != self.madeCount {
            self.violate("\(self.madeCount) frames made, \(confirmed) confirmed, \(held) held")
        }
        for node in self.nodes where node.isRunning && !node.asked.isEmpty && held == 0 {
            self.violate("\(node.id) did not answer \(node.asked.count) times")
        }
        for node in self.nodes where node.isRunning {
            if !node.forwards.isEmpty { self.violate("\(node.id) forgot what it sent on") }
            if let membership = node.membership, membership.rumorCount + membership.relayCount > 0 {
                self.violate("\(node.id) has still \(membership.rumorCount) rumors to tell")
            }
            self.checkOwed(of: node.number)
        }
        for node in self.nodes where node.isRunning && held == 0 {
            if let owed = node.replication?.underReplicatedCount, owed > 0 {
                self.violate("\(node.id) still owes copies of \(owed) frames")
            }
        }
    }
}
