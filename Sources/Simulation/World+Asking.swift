internal import Cluster
internal import Telemetry

/// Questions between nodes over data streams, as the product's `Questions` carry them.
extension World {
    /// Every so many questions and answers of repair go through their wire form.
    private static let wireShare: UInt64 = 16

    /// Asks a node; whoever asked hears an answer, or that there will be none, once.
    mutating func ask(_ asked: Asked, of peer: Int, from index: Int, for machine: Asking.Machine) {
        self.lastSender += 1
        let number = self.lastSender
        self.nodes[index].asking[number] = Asking(machine: machine, peer: peer)
        let isConnected = self.nodes[index].streams[peer] != nil
        if case .totals(let bytes) = asked {
            self.log.totalsMessages += 1
            self.log.totalsBytes += bytes.count
        } else {
            self.log.repairMessages += 1
        }
        if isConnected { self.transmit(.ask(asked, number: number), from: .node(index), to: .node(peer)) }
        let wait = isConnected ? self.repairOptions.answerTimeout : self.network.moment()
        self.queue.add(.silent(number, at: index, boot: self.nodes[index].boots), at: self.now + wait)
    }

    /// A question came: the store looks after a while.
    mutating func answerLater(_ asked: Asked, _ number: UInt64, at index: Int, to asker: Int) {
        var delay = Duration.zero
        if case .repair = asked { delay = self.diskDelay(of: index) }
        self.queue.add(
            .answering(asked, number: number, at: index, boot: self.nodes[index].boots, to: asker),
            at: self.now + delay
        )
    }

    mutating func answering(_ asked: Asked, number: UInt64, at index: Int, boot: UInt64, to asker: Int) {
        guard self.nodes[index].membership != nil, self.nodes[index].boots == boot else { return }
        guard !self.nodes[index].isPaused else {
            return self.nodes[index].waiting.append(
                .answering(asked, number: number, at: index, boot: boot, to: asker)
            )
        }
        switch asked {
        case .repair(let question):
            self.checkWire(question, number)
            guard asker != index else { return self.lookedUp(question, number, at: index) }
            let told = self.answer(question, at: index)
            self.log.repairMessages += 1
            if case .repair(let answer) = told { self.checkWire(answer, number) }
            self.transmit(.told(told, number: number), from: .node(index), to: .node(asker))
        case .totals(let bytes):
            let clock = self.clock(of: index)
            let told = self.nodes[index].totals?.asked(bytes, at: clock)
            guard let told else { return }
            let answer: Told = .totals(self.nodes[index].isLying ? told.reversed() : told)
            self.log.totalsMessages += 1
            self.log.totalsBytes += told.count
            self.transmit(.told(answer, number: number), from: .node(index), to: .node(asker))
        }
    }

    /// The own store says what it holds; it does not lie to itself.
    private mutating func lookedUp(_ question: RepairQuestion, _ number: UInt64, at index: Int) {
        let isLying = self.nodes[index].isLying
        self.nodes[index].isLying = false
        let told = self.answer(question, at: index)
        self.nodes[index].isLying = isLying
        guard case .repair(let answer) = told else { return }
        self.repair(index) { repair, now in repair.answered(number, answer, at: now) }
    }

    /// An answer came; one that nobody waits for any more is none.
    mutating func told(_ told: Told, _ number: UInt64, at index: Int) {
        guard let asking = self.nodes[index].asking.removeValue(forKey: number) else { return }
        self.note(UInt64(index) << 48 | 7 << 40 | number)
        switch (asking.machine, told) {
        case (.repair(let own), .repair(let answer)):
            self.repair(index) { repair, now in repair.answered(own, answer, at: now) }
        case (.repair(let own), _):
            self.repair(index) { repair, now in repair.unanswered(own, isGarbage: true, at: now) }
        case (.totals, .totals(let bytes)):
            let peer = self.nodes[asking.peer].id
            self.total(index) { totals, clock in totals.answered(by: peer, bytes, at: clock) }
        case (.totals, _): break
        }
    }

    /// Nobody answers a question.
    mutating func silent(_ number: UInt64, at index: Int, boot: UInt64) {
        guard self.nodes[index].boots == boot, self.nodes[index].asking[number] != nil else { return }
        guard !self.nodes[index].isPaused else {
            return self.nodes[index].waiting.append(.silent(number, at: index, boot: boot))
        }
        guard let asking = self.nodes[index].asking.removeValue(forKey: number) else { return }
        switch asking.machine {
        case .repair(let own):
            self.repair(index) { repair, now in repair.unanswered(own, isGarbage: false, at: now) }
        case .totals:
            let peer = self.nodes[asking.peer].id
            self.total(index) { totals, clock in
                totals.unanswered(by: peer, at: clock)
                return []
            }
        }
    }

    private mutating func checkWire(_ question: RepairQuestion, _ number: UInt64) {
        guard self.isMeasuring || number.isMultiple(of: Self.wireShare) else { return }
        let bytes = question.encoded
        self.log.repairBytes += bytes.count * (self.isMeasuring ? 1 : Int(Self.wireShare))
        if (try? RepairQuestion(bytes.raw)) != question {
            self.violate("a question of repair is another one behind the wire: \(question)")
        }
    }

    private mutating func checkWire(_ answer: RepairAnswer, _ number: UInt64) {
        guard self.isMeasuring || number.isMultiple(of: Self.wireShare) else { return }
        let bytes = answer.encoded
        self.log.repairBytes += bytes.count * (self.isMeasuring ? 1 : Int(Self.wireShare))
        if (try? RepairAnswer(bytes.raw)) != answer {
            self.violate("an answer of repair is another one behind the wire")
        }
    }
}
