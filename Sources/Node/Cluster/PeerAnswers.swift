internal import Cluster
internal import DiskStorage
internal import PeerTransport
internal import Storage
internal import Telemetry

/// Answers what other collectors ask: what this node says of itself, what its store alone has, its totals; and does what it is ordered to.
struct PeerAnswers: Sendable {
    let repair: StoreRepair
    let figures: FigureBox
    let collector: CollectorBox

    /// The answer to a question, told by its first byte.
    ///
    /// - Throws: `QuestionFailure` and whatever the store says; the asking side is told.
    func answer(_ question: [UInt8]) async throws -> [UInt8] {
        let store = self.repair.store
        if NodeFigures.isAsked(by: question) {
            guard let source = self.figures.value else { throw QuestionFailure("the node is not ready") }
            return await source.figures().encoded
        }
        if RepairQuestion.isAsked(by: question) {
            return try await self.repair.answer(try Self.repairQuestion(question)).encoded
        }
        if AggregateGossip.isAsked(by: question) { return try self.repair.aggregates.answer(question) }
        if NodeOrder.isGiven(by: question) { return try await self.obey(NodeOrder(question)).encoded }
        if Purge.isOrdered(by: question) {
            return Purge.answer(items: try await store.purge(try Self.purge(question)))
        }
        return try await store.answer(try Self.request(question)).encoded
    }

    /// Does what an operator ordered, and says how far it has come.
    func obey(_ order: NodeOrder?) async throws -> HandoverProgress {
        guard let order, let collector = self.collector.value else {
            throw QuestionFailure("expected drain, rejoin or progress, at a node that is ready")
        }
        switch order {
        case .drain: collector.leave()
        case .rejoin: collector.stay()
        case .progress: break
        }
        let verifier = ClusterVerifier(
            collector: collector,
            store: self.repair,
            now: self.repair.store.now
        )
        return await verifier.handover()
    }

    private static func purge(_ bytes: [UInt8]) throws(WireFailure) -> Purge { try Purge(bytes.raw) }

    private static func repairQuestion(_ bytes: [UInt8]) throws(WireFailure) -> RepairQuestion {
        try RepairQuestion(bytes.raw)
    }

    private static func request(_ bytes: [UInt8]) throws(WireFailure) -> ReadRequest {
        try ReadRequest(bytes.raw)
    }
}
