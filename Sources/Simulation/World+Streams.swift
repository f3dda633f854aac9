internal import Cluster

extension World {
    /// Every node looks so often whom it is not connected to.
    private static let dialInterval = Duration.seconds(1)

    /// Sends over the stream to a node; opens one where there is none.
    mutating func send(_ message: MembershipMessage, from index: Int, to node: NodeID) {
        guard let peer = self.index(of: node) else { return }
        if self.nodes[index].streams[peer] == nil { self.dial(index, peer) }
        guard let stream = self.nodes[index].streams[peer] else { return }
        self.transmit(message, index, peer, stream)
    }

    private mutating func transmit(_ message: MembershipMessage, _ from: Int, _ to: Int, _ stream: UInt64) {
        self.log.messages += 1
        self.nodes[from].sentCount += 1
        if self.isMeasuring { self.log.membershipBytes += message.encoded.count }
        if let arrival = self.network.arrival(from, to, at: self.now) {
            self.queue.add(.message(message, from: from, to: to, stream: stream), at: arrival)
        } else {
            // Nobody acknowledges: the sender's system gives up in the end.
            let end = self.now + self.network.conditions.userTimeout
            self.queue.add(.streamEnd(at: from, of: to, stream: stream), at: end)
        }
    }

    mutating func deliver(_ message: MembershipMessage, _ from: Int, _ to: Int, _ stream: UInt64) {
        guard self.nodes[to].membership != nil, self.nodes[to].streams[from] == stream else { return }
        guard !self.nodes[to].isPaused else {
            return self.nodes[to].waiting.append(.message(message, from: from, to: to, stream: stream))
        }
        self.note(UInt64(from) << 40 | UInt64(to) << 16 | message.code)
        let sender = self.nodes[from].id
        var heard: MembershipMessage? = message
        if let hearing = self.sabotage.hearing { heard = hearing(message, from, to) }
        guard let heard else { return }
        self.drive(to, Occasion(message)) { membership, now in
            membership.receive(heard, from: sender, at: now)
        }
    }

    mutating func end(_ node: Int, _ peer: Int, _ stream: UInt64) {
        guard self.nodes[node].streams[peer] == stream else { return }
        guard !self.nodes[node].isPaused else {
            return self.nodes[node].waiting.append(.streamEnd(at: node, of: peer, stream: stream))
        }
        self.nodes[node].streams[peer] = nil
        let id = self.nodes[peer].id
        self.drive(node) { membership, now in membership.connectionLost(to: id, at: now) }
        // The other side's system hears of it when it can.
        if self.nodes[peer].streams[node] == stream {
            self.queue.add(
                .streamEnd(at: peer, of: node, stream: stream),
                at: self.now + self.network.conditions.userTimeout
            )
        }
    }

    /// Opens a stream, handshake included, where both sides can be reached and a process listens.
    private mutating func dial(_ from: Int, _ to: Int) {
        guard self.network.reaches(from, to), self.network.reaches(to, from), self.nodes[from].isRunning,
            self.nodes[to].isRunning, let caller = self.nodes[from].membership?.local,
            let called = self.nodes[to].membership?.local
        else { return }
        self.streams += 1
        self.nodes[from].streams[to] = self.streams
        self.nodes[to].streams[from] = self.streams
        let knownThere = self.nodes[to].membership?.record(of: caller.node)
        let knownHere = self.nodes[from].membership?.record(of: called.node)
        self.drive(from) { membership, now in membership.connected(to: called, knowing: knownThere, at: now) }
        self.drive(to) { membership, now in membership.connected(to: caller, knowing: knownHere, at: now) }
    }

    /// Calls the seeds, and everybody else that is known, where no stream stands.
    mutating func dialAll(_ index: Int) {
        guard let membership = self.nodes[index].membership else { return }
        let next = self.now + Self.dialInterval
        self.nodes[index].scheduledDial = next
        self.queue.add(.dial(index), at: next)
        guard !self.nodes[index].isPaused, membership.local.status != .left else { return }
        let missing = self.nodes.indices.filter { $0 != index && self.nodes[index].streams[$0] == nil }
        guard !missing.isEmpty else { return }
        let known = Set(membership.records.filter { $0.status != .left }.map(\.node))
        for peer in missing where self.nodes[index].streams[peer] == nil {
            if peer < Self.seedCount || known.contains(self.nodes[peer].id) { self.dial(index, peer) }
        }
    }

    /// The first nodes stand in everybody's configuration.
    static var seedCount: Int { 3 }
}

extension MembershipMessage {
    /// A number for the trace.
    fileprivate var code: UInt64 {
        switch self {
        case .ping(let sequence, let rumors): 1 << 8 | UInt64(sequence) << 16 | UInt64(rumors.count)
        case .pingRequest(let sequence, _, let rumors): 2 << 8 | UInt64(sequence) << 16 | UInt64(rumors.count)
        case .ack(let sequence, _, let rumors): 3 << 8 | UInt64(sequence) << 16 | UInt64(rumors.count)
        case .nack(let sequence): 4 << 8 | UInt64(sequence) << 16
        case .gossip(let rumors): 5 << 8 | UInt64(rumors.count)
        case .sync(let records, let isReply): (isReply ? 6 : 7) << 8 | UInt64(records.count)
        case .placement(let parameters): 8 << 8 | parameters.version << 16
        }
    }
}
