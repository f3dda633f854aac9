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

    /// Nobody is taken for dead who ran all the time with working links, short pauses aside.
    mutating func checkVerdict(of index: Int, about: Int) {
        guard self.nodes[about].membership != nil, !self.troubles.excuse(about, by: index, at: self.now)
        else { return }
        self.violate("\(self.nodes[index].id) took \(self.nodes[about].id) for dead, which is well")
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

    /// A frame is on the disks of as many nodes as were promised when it is confirmed; that of a node which knows that it
    /// leaves does not count.
    mutating func checkConfirmed(_ id: FrameID, by index: Int) {
        let holders = self.nodes.filter {
            $0.disk.frames.contains(id) && ($0.number != index || $0.leavingSince == nil)
        }.map(\.number)
        let lost = (self.losses[id] ?? []).filter {
            $0.at + Self.answerMemory > self.now && !holders.contains($0.node)
        }
        let lostCount = Set(lost.map(\.node)).count
        if holders.count + lostCount < self.promisedCopies {
            self.violate("frame \(id.sequence) was confirmed with \(holders.count) copies")
        }
        // Earlier losses were no losses of what was promised.
        if self.confirmed.insert(id) { self.losses[id] = lost.isEmpty ? nil : lost }
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
    ) -> VirtualNode.Question? {
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
        self.checkDurability()
        for index in self.nodes.indices { self.checkQueues(of: index) }
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
        if Int(agent.sequence) != agent.confirmedCount + agent.spool.count {
            self.violate("agent \(agent.number) forgot frames")
        }
        if agent.courier.heldCount != agent.spool.count {
            self.violate("the courier of agent \(agent.number) forgot frames")
        }
        // Frames are added in their order, and those below the floor are settled.
        if let oldest = agent.spool.first, agent.courier.floor(of: agent.run) > oldest.sequence {
            self.violate("the floor of agent \(agent.number) passed frame \(oldest.sequence)")
        }
    }

    /// What was confirmed is on a disk, unless W of them were lost since.
    private mutating func checkDurability() {
        for (agent, sequence) in self.confirmed.missing(from: self.nodes.map(\.disk.frames)) {
            let id = FrameID(run: self.agents[agent].run, sequence: sequence)
            guard !self.reported.contains(id) else { continue }
            let lost = Set((self.losses[id] ?? []).map(\.node)).count
            guard lost < self.promisedCopies else { continue }
            self.reported.insert(id)
            self.violate("frame \(sequence) of agent \(agent) is lost with \(lost) disks")
        }
    }

    private mutating func checkQueues(of index: Int) {
        let node = self.nodes[index]
        if let what = node.replication?.inconsistency {
            self.violate("the write path of \(node.id) does not fit together: \(what)")
        }
        guard let membership = node.membership else { return }
        if membership.rumorCount > self.nodes.count {
            self.violate("\(node.id) has \(membership.rumorCount) rumors to tell")
        }
        if membership.relayCount > Self.relaysMax {
            self.violate("\(node.id) relays \(membership.relayCount) probes")
        }
    }

    /// Probes that a node relays at once; the product's bound is further off.
    private static var relaysMax: Int { 64 }

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
        for node in self.nodes where node.isRunning && held == 0 {
            if let owed = node.replication?.underReplicatedCount, owed > 0 {
                self.violate("\(node.id) still owes copies of \(owed) frames")
            }
        }
    }
}
