internal import Cluster
internal import Telemetry

/// How frames come to the node that takes them first-hand, as the product's `WriteCore` does it.
extension World {
    private static let forwardTimeout = Duration.seconds(PeerProtocol.forwardTimeoutSeconds)
    /// A node's own door takes a frame so often.
    private static let doorInterval = Duration.seconds(1)

    /// Takes a frame first-hand, or sends it on to the node that should.
    mutating func take(_ question: Question, _ partition: Int, at index: Int) {
        let better = self.nodes[index].replication?.betterNode(for: partition) { other in
            self.index(of: other).map { self.nodes[index].streams[$0] != nil } ?? false
        }
        guard let better, let peer = self.index(of: better) else {
            return self.takeHere(question, partition, at: index)
        }
        self.lastSender += 1
        let request = self.lastSender
        self.log.forwardedCount += 1
        self.nodes[index].forwards[request] = Forward(question: question, partition: partition)
        self.queue.add(
            .forwardDue(request: request, at: index, boot: self.nodes[index].boots),
            at: self.now + Self.forwardTimeout
        )
        self.transmit(
            .forward(question.frame, partition: partition, request: request),
            from: .node(index),
            to: .node(peer)
        )
    }

    mutating func takeHere(_ question: Question, _ partition: Int, at index: Int) {
        self.lastSender += 1
        let sender = Replication.Sender(self.lastSender)
        self.nodes[index].asked[sender.number] = question
        self.replicate(index) { replication, now in
            replication.receive(
                question.frame,
                partition: partition,
                bytes: Self.frameBytes,
                from: sender,
                at: now
            )
        }
    }

    /// Tells whoever asked; a client of the door hears it at once.
    mutating func answer(_ question: Question, _ verdict: Outcome.Verdict, from index: Int) {
        switch question.asker {
        case .agent(let agent, let stream):
            self.transmit(
                .answer(question.frame, verdict, stream: stream),
                from: .node(index),
                to: .agent(agent)
            )
        case .node(let peer, let request):
            self.transmit(
                .forwardAnswer(question.frame, verdict, request: request),
                from: .node(index),
                to: .node(peer)
            )
        case .door: break
        case .spool: self.unloaded(question.frame, verdict, at: index)
        }
    }

    mutating func forwardAnswered(_ request: UInt64, _ verdict: Outcome.Verdict, at index: Int) {
        guard let forward = self.nodes[index].forwards.removeValue(forKey: request) else { return }
        guard verdict == .refused else { return self.answer(forward.question, verdict, from: index) }
        self.takeHere(forward.question, forward.partition, at: index)
    }

    /// A frame that was sent on and not answered is taken after all.
    mutating func forwardDue(request: UInt64, at index: Int, boot: UInt64) {
        guard self.nodes[index].boots == boot, self.nodes[index].forwards[request] != nil else { return }
        guard !self.nodes[index].isPaused else {
            return self.nodes[index].waiting.append(.forwardDue(request: request, at: index, boot: boot))
        }
        self.forwardAnswered(request, .refused, at: index)
    }

    // MARK: - Doors

    /// Lets every node take frames at a door of its own until a moment, for clients that keep nothing once one node
    /// holds what they sent.
    package mutating func openDoors(until end: Duration) {
        self.doorsUntil = end
        for index in self.nodes.indices { self.openDoor(of: index) }
    }

    /// The door of a process that begins.
    mutating func openDoor(of index: Int) {
        guard self.nodes[index].membership != nil, self.nodes[index].door == nil else { return }
        // What an earlier process counted is told in its name.
        if self.nodes[index].disk.open != nil { self.closeDoorWindow(index, isOver: true) }
        guard self.doorsUntil > self.now || !self.nodes[index].disk.spool.isEmpty else { return }
        self.nodes[index].door = self.newRun(of: .door(index))
        self.queue.add(.door(index, boot: self.nodes[index].boots), at: self.now + Self.doorInterval)
    }

    /// A client of a door sends a frame; one that is refused is not told of here.
    mutating func knock(_ index: Int, boot: UInt64) {
        guard self.nodes[index].boots == boot, let run = self.nodes[index].door,
            self.nodes[index].leavingSince == nil
        else { return }
        if !self.nodes[index].isPaused {
            if self.now < self.doorsUntil {
                self.log.doorCount += 1
                let id = self.book.add(run, created: self.clock(of: index))
                self.count(id, ofDoor: index)
                self.take(Question(frame: id, asker: .door), self.book.facts(of: id).partition, at: index)
            } else {
                self.closeDoorWindow(index)
            }
            self.unload(index)
        }
        guard
            self.now < self.doorsUntil || self.nodes[index].disk.open != nil
                || !self.nodes[index].disk.spool.isEmpty
        else { return }
        self.queue.add(.door(index, boot: boot), at: self.now + Self.doorInterval)
    }
}
