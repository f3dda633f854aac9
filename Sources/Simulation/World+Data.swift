internal import Cluster
internal import Telemetry

extension World {
    // MARK: - Data streams

    /// Either end of a data stream.
    enum Place: Equatable, Sendable {
        case node(Int)
        case agent(Int)
    }

    /// Sends over a data stream; what cannot arrive is lost, and whoever waits for an answer sends again.
    mutating func transmit(_ message: PeerMessage, from: Place, to: Place) {
        let (left, right) = (self.address(from), self.address(to))
        guard let arrival = self.network.arrival(left, right, at: self.now) else {
            return self.cut(message, from: from, to: to)
        }
        self.queue.add(.peer(message, from: from, to: to), at: arrival + self.network.overtaken())
        guard let later = self.network.repeated() else { return }
        var (message, place) = (message, to)
        // An agent that lost its connection sends through another node, and then hears no more of it.
        if case .frame(let id, let partition, _) = message {
            message = .frame(id, partition: partition, stream: 0)
            place = .node(self.network.below(self.nodes.count))
        }
        self.queue.add(.peer(message, from: from, to: place), at: arrival + later)
    }

    /// Nobody acknowledges: the system of the side that is an agent, or is told by one, gives the connection up.
    private mutating func cut(_ message: PeerMessage, from: Place, to: Place) {
        let end = self.now + self.network.conditions.userTimeout
        switch (message, from, to) {
        case (.frame(_, _, let stream), .agent(let agent), .node(let index)),
            (.answer(_, _, let stream), .node(let index), .agent(let agent)),
            (.view(_, let stream), .node(let index), .agent(let agent)):
            self.queue.add(.lost(index, agent: agent, stream: stream), at: end)
        default: break
        }
    }

    /// Agents stand behind the nodes in the network.
    private func address(_ place: Place) -> Int {
        switch place {
        case .node(let index): index
        case .agent(let index): 100_000 + index
        }
    }

    mutating func deliver(_ message: PeerMessage, from: Place, to: Place) {
        switch to {
        case .agent(let agent):
            if case .node(let index) = from { self.deliver(message, toAgent: agent, from: index) }
        case .node(let index):
            guard self.nodes[index].membership != nil else { return }
            guard !self.nodes[index].isPaused else {
                return self.nodes[index].waiting.append(.peer(message, from: from, to: to))
            }
            self.deliver(message, from: from, toNode: index)
        }
    }

    private mutating func deliver(_ message: PeerMessage, from: Place, toNode index: Int) {
        switch (message, from) {
        case (.frame(let id, let partition, let stream), .agent(let agent)):
            self.take(Question(frame: id, asker: .agent(agent, stream: stream)), partition, at: index)
        case (.forward(let id, let partition, let request), .node(let sender)):
            let question = Question(frame: id, asker: .node(sender, request: request))
            self.takeHere(question, partition, at: index)
        case (.forwardAnswer(_, let verdict, let request), .node):
            self.forwardAnswered(request, verdict, at: index)
        case (.goodbye(let stream), .agent(let agent)):
            self.nodes[index].guests[stream] = nil
            for (sender, question) in self.nodes[index].asked.sorted(by: { $0.key < $1.key })
            where question.asker == .agent(agent, stream: stream) {
                self.nodes[index].asked[sender] = nil
                self.replicate(index) { replication, now in
                    replication.forget(Replication.Sender(sender), at: now)
                }
            }
        case (.copy(let id), .node(let sender)):
            self.write(id, at: index, copyFor: sender)
        case (.copyAnswer(let id, let isHeld), .node(let sender)):
            let node = self.nodes[sender].id
            self.replicate(index) { replication, now in
                isHeld
                    ? replication.acknowledged(id, by: node, at: now)
                    : replication.refused(id, by: node, at: now)
            }
        case (.ask(let asked, let number), .node(let sender)):
            self.answerLater(asked, number, at: index, to: sender)
        case (.told(let told, let number), .node): self.told(told, number, at: index)
        default: break
        }
    }
}
