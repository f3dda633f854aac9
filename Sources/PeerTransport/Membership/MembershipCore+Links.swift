internal import Cluster
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Telemetry

extension MembershipCore: PeerLinkUser {
    /// Sends a message; opens a connection where there is none, and says it then.
    func send(_ bytes: [UInt8], to node: NodeID) {
        if let link = self.links[node] { return link.handle.perform { $0.send(.membership, bytes) } }
        if self.dialing[node] == nil { self.dial(node) }
        // What was to be said to somebody out of reach grows old quickly.
        guard (self.dialing[node]?.waiting.count ?? 8) < 8 else { return }
        self.dialing[node]?.waiting.append(bytes)
    }

    /// Opens connections to all who are present and have none.
    func connectAll() {
        for record in self.machine.records
        where record.status.isPresent && record.node != self.machine.local.node {
            guard self.links[record.node] == nil, self.dialing[record.node] == nil else { continue }
            let patience = self.patience[record.node]
            // One side calls first, so that two calls do not cross.
            let isCaller = self.machine.local.node < record.node
            guard isCaller || patience != nil else {
                self.patience[record.node] = (0, .now() + .milliseconds(500))
                continue
            }
            if let patience, patience.until > .now() { continue }
            self.dial(record.node)
        }
        self.meetSeeds()
    }

    /// Calls the configured seeds, at every address that their names lead to: the first one is often this process's own.
    func meetSeeds() {
        // Often while nobody is known, and now and then later.
        let pause: TimeAmount = self.links.isEmpty ? .milliseconds(500) : .seconds(10)
        for seed in self.seeds where self.isWanted(seed) {
            guard self.book.mayCall(seed, after: pause, at: .now()) else { continue }
            let (core, resolve) = (NIOLoopBound(self, eventLoop: self.loop), self.dialer.resolve)
            NIOThreadPool.singleton.runIfActive(eventLoop: self.loop) { resolve(seed) }
                .whenSuccess { core.value.call($0) }
        }
    }

    private func call(_ addresses: [String]) {
        guard !self.isClosed else { return }
        for address in addresses.prefix(SeedBook.addressesPerSeedMax)
        where self.dialingSeeds[address] == nil && self.isWanted(address) {
            let link = self.makeLink(to: nil, at: address)
            self.dialingSeeds[address] = link
            link.dial(self.dialer, on: self.loop)
        }
    }

    /// Whether somebody who is not met may be met at an address.
    private func isWanted(_ address: String) -> Bool {
        guard address != self.machine.local.address, !self.book.isOwn(address, at: .now()) else {
            return false
        }
        if let node = self.book.node(at: address), self.links[node] != nil { return false }
        return !self.machine.records.contains { $0.address == address && self.links[$0.node] != nil }
    }

    /// Whether a member is connected, or about to be over another address of its seed.
    private func isMet(_ node: NodeID, at address: String) -> Bool {
        if self.links[node] != nil || self.greeting.contains(where: { $0.value == node }) {
            self.book.noteMet(node, at: address)
            return true
        }
        self.greeting[address] = node
        return false
    }

    private func dial(_ node: NodeID) {
        guard let record = self.machine.record(of: node), !record.address.isEmpty else { return }
        if let patience = self.patience[node], patience.until > .now() { return }
        let link = self.makeLink(to: node, at: record.address)
        self.dialing[node] = Dialing(link: link)
        link.dial(self.dialer, on: self.loop)
    }

    private func makeLink(to node: NodeID?, at address: String) -> PeerLink {
        PeerLink(
            .control,
            to: node,
            at: address,
            user: self,
            isMet: { [weak self] in self?.isMet($0, at: address) ?? true },
            hello: { [weak self] in
                guard let self, !self.isSilent else { return nil }
                let record = self.machine.local
                return Hello(.control, self.local.greeting(epoch: record.epoch), record: record)
            }
        )
    }

    func opened(_ link: PeerLink, _ welcome: Welcome) {
        guard let connection = link.connection, let node = link.node else { return }
        let waiting = self.dialing[node].flatMap { $0.link === link ? $0.waiting : nil } ?? []
        if self.dialing[node]?.link === link { self.dialing[node] = nil }
        self.open[ObjectIdentifier(link)] = (link, ObjectIdentifier(connection))
        if self.forgetSeed(link) { self.book.noteMet(node, at: link.address) }
        guard let record = welcome.view.record(of: node) else {
            return connection.close("expected a welcome with the sender's own record")
        }
        self.meet(welcome.greeting.clock)
        let standing = Link(
            handle: PeerHandle(connection, on: self.loop),
            isPreferred: self.machine.local.node < node,
            run: welcome.greeting.run
        )
        self.stand(standing, record, known: welcome.known)
        for bytes in waiting { self.send(bytes, to: node) }
    }

    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink) {
        guard header.kind == PeerMessageKind.membership.rawValue, let node = link.node else { return }
        self.received(Array(body.readableBytesView), from: node)
    }

    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?) {
        let isSeed = self.forgetSeed(link)
        if let rejection {
            switch rejection.reason {
            case .itself: self.book.noteOwn(link.address, at: .now())
            case .duplicate: self.noteDuplicate(rejection.message)
            default: self.report(link, reason, .error, "a collector refused this one")
            }
        } else if isSeed, !self.isClosed {
            self.report(link, reason, .warning, "a seed cannot be used")
        }
        if let (_, id) = self.open.removeValue(forKey: ObjectIdentifier(link)), let node = link.node {
            return self.lost(id, of: node)
        }
        guard let node = link.node, self.dialing[node]?.link === link else { return }
        self.dialing[node] = nil
        let failures = self.patience[node]?.failures ?? 0
        let delay = min(Int64(50) << min(failures, 7), 5000)
        self.patience[node] = (failures + 1, .now() + .milliseconds(delay))
        self.logger.debug(
            "a member could not be reached",
            metadata: ["node": "\(node)", "address": "\(link.address)", "reason": "\(reason)"]
        )
    }

    /// A call of a seed's address has come to its end; false where the link is none.
    @discardableResult private func forgetSeed(_ link: PeerLink) -> Bool {
        guard self.dialingSeeds[link.address] === link else { return false }
        self.dialingSeeds[link.address] = nil
        self.greeting[link.address] = nil
        return true
    }

    /// Closes connections that this side opened to those whose certificates count no more.
    func judgeAgain(_ tls: PeerTLS) {
        let links = self.open.values.map(\.link) + self.dialing.values.map(\.link) + self.dialingSeeds.values
        for link in links { link.judgeAgain(tls) }
    }

    /// Tells why an address is of no use, when that is new and then once a minute.
    private func report(
        _ link: PeerLink,
        _ reason: String,
        _ level: Logger.Level,
        _ message: Logger.Message
    ) {
        let known = self.reported[link.address]
        if let known, known.reason == reason, NIODeadline.now() - known.at < .seconds(60) { return }
        if self.reported.count >= SeedBook.addressesMax { self.reported = [:] }
        self.reported[link.address] = (reason, .now())
        self.logger.log(
            level: level,
            message,
            metadata: ["address": "\(link.address)", "reason": "\(reason)"]
        )
    }
}
