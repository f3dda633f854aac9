internal import Cluster
internal import Logging
internal import NIOCore
internal import Telemetry

/// The repair machine with its questions, its disk and its timer; belongs to the event loop of the write path.
final class RepairLoop {
    private let loop: any EventLoop
    private let local: LocalPeer
    private let store: any RepairStore
    private let questions: Questions
    private let number: () -> UInt64
    private let options: Repair.Options
    private let tally: RepairTally
    private let logger: Logger
    private let started = NIODeadline.now()
    private var machine: Repair?
    private var timer: Scheduled<Void>?
    private var isClosed = false

    /// A loop that compares nothing before it knows a view.
    init(
        on loop: any EventLoop,
        _ local: LocalPeer,
        _ store: any RepairStore,
        _ options: Repair.Options,
        questions: Questions,
        number: @escaping () -> UInt64,
        tally: RepairTally,
        logger: Logger
    ) {
        self.loop = loop
        self.local = local
        self.store = store
        self.options = options
        self.questions = questions
        self.number = number
        self.tally = tally
        self.logger = logger
    }

    func viewChanged(_ view: ClusterView, _ placement: Placement) {
        if let known = self.machine?.placement, known != placement { self.store.keepAll() }
        let peers = view.available.map(\.node)
        if self.machine == nil {
            self.machine = Repair(
                local: self.local.identity.node,
                placement: placement,
                options: self.options
            )
        }
        self.input { machine, now in
            machine.viewChanged(placement, peers: peers, at: now)
            return []
        }
    }

    /// A node can be asked again.
    func met(_ node: NodeID) {
        self.input { machine, now in
            machine.met(node, at: now)
            return []
        }
    }

    func close() {
        self.isClosed = true
        self.timer?.cancel()
    }

    // MARK: - The machine

    private func input(_ body: (inout Repair, Duration) -> [Repair.Effect]) {
        guard !self.isClosed, var machine = self.machine else { return }
        // Taken out while it changes, so that it is not copied.
        self.machine = nil
        let effects = body(&machine, .nanoseconds((NIODeadline.now() - self.started).nanoseconds))
        self.machine = machine
        for effect in effects { self.perform(effect) }
        if let machine = self.machine { self.tally.note(machine) }
        self.schedule()
    }

    private func perform(_ effect: Repair.Effect) {
        switch effect {
        case .ask(let question, let node, let number):
            node == self.local.identity.node
                ? self.look(question, number) : self.ask(question, node, number)
        case .keep(let frames, let asked, let number): self.keep(frames, asked, number)
        case .give(let spans): self.store.give(spans)
        case .bury(let others): self.store.bury(others)
        }
    }

    private func ask(_ question: RepairQuestion, _ node: NodeID, _ number: UInt64) {
        let (loop, repair) = (self.loop, NIOLoopBound(self, eventLoop: self.loop))
        let timeout = TimeAmount.nanoseconds(self.options.answerTimeout.nanosecondCount)
        self.questions.ask(question.encoded, as: self.number(), of: node, within: timeout) { result in
            // On a later turn: this may be one of the machine's.
            loop.execute { repair.value.heard(result, from: node, number) }
        }
    }

    private func heard(_ result: Result<[UInt8], QuestionFailure>, from node: NodeID, _ number: UInt64) {
        switch result {
        case .success(let bytes):
            guard let answer = try? RepairAnswer(bytes.raw) else {
                self.logger.warning(
                    "a collector's answer to repair cannot be read",
                    metadata: ["node": "\(node)", "bytes": "\(bytes.count)"]
                )
                return self.input { machine, now in machine.unanswered(number, isGarbage: true, at: now) }
            }
            self.input { machine, now in machine.answered(number, answer, at: now) }
        case .failure(let failure):
            self.logger.debug(
                "a collector did not answer repair",
                metadata: ["node": "\(node)", "reason": "\(failure)"]
            )
            self.input { machine, now in machine.unanswered(number, isGarbage: false, at: now) }
        }
    }

    private func look(_ question: RepairQuestion, _ number: UInt64) {
        let (loop, repair) = (self.loop, NIOLoopBound(self, eventLoop: self.loop))
        let store = self.store
        Task {
            do {
                let answer = try await store.answer(question)
                loop.execute {
                    repair.value.input { machine, now in machine.answered(number, answer, at: now) }
                }
            } catch {
                loop.execute {
                    repair.value.input { machine, now in
                        machine.unanswered(number, isGarbage: false, at: now)
                    }
                }
            }
        }
    }

    private func keep(_ frames: [UInt8], _ asked: [ChunkName], _ number: UInt64) {
        let (loop, repair) = (self.loop, NIOLoopBound(self, eventLoop: self.loop))
        let store = self.store
        Task {
            let kept = await store.keep(frames, asked: asked)
            loop.execute { repair.value.input { machine, now in machine.kept(number, kept, at: now) } }
        }
    }

    private func schedule() {
        self.timer?.cancel()
        guard !self.isClosed, let machine = self.machine else { return }
        let at = max(self.started + .nanoseconds(machine.deadline.nanosecondCount), .now() + .milliseconds(5))
        let repair = NIOLoopBound(self, eventLoop: self.loop)
        self.timer = self.loop.scheduleTask(deadline: at) { repair.value.tick() }
    }

    private func tick() {
        let (clock, store) = (self.local.now(), self.store)
        self.input { machine, now in
            machine.tick(
                at: now,
                clock: clock,
                floor: store.floor,
                purges: store.purges,
                isRefusing: store.isRefusing
            )
        }
    }
}
