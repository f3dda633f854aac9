internal import Cluster
internal import DiskStorage
internal import Logging
internal import PeerTransport
package import Storage
internal import Telemetry

/// Asks this node's store and all other collectors, each over its connection.
package struct PeerExchange: ReadExchange {
    let store: SegmentStore
    let aggregates: AggregateService
    let collector: CollectorBox
    let node: String
    let logger: Logger

    /// An answer is waited for so long.
    private static let timeoutSeconds: Int64 = 10
    /// An order is obeyed and answered within so long.
    private static let orderSeconds: Int64 = 30
    /// A purge writes segments anew.
    private static let purgeSeconds: Int64 = 300

    /// Asks all at once; a chunk may be on any node until repair has put it where it belongs, so all are asked.
    package func ask(_ request: ReadRequest, of scope: ReadScope) async -> [NodeAnswer] {
        let records = self.collector.value?.view.records ?? []
        let others = records.filter { $0.status != .left && $0.node.text != self.node }
        var names = [self.node] + others.map(\.node.text)
        if case .nodes(let wanted) = scope { names = wanted }
        let present = Set(others.filter { $0.status.isPresent }.map(\.node.text))
        let question = request.encoded
        return await withTaskGroup(of: NodeAnswer.self) { group in
            for name in names {
                group.addTask {
                    if name == self.node {
                        return NodeAnswer(node: name, answer: try? await self.store.answer(request))
                    }
                    guard present.contains(name) else { return NodeAnswer(node: name, answer: nil) }
                    return NodeAnswer(node: name, answer: await self.ask(question, of: name))
                }
            }
            var answers: [NodeAnswer] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.node < $1.node }
        }
    }

    private func ask(_ question: [UInt8], of name: String) async -> ReadAnswer? {
        guard let node = NodeID(name), let collector = self.collector.value else { return nil }
        do {
            let bytes = try await collector.ask(question, of: node, within: Self.timeoutSeconds)
            return try Self.decode(bytes)
        } catch {
            self.logger.warning(
                "a collector did not answer a question",
                metadata: ["node": "\(name)", "reason": "\(error)"]
            )
            return nil
        }
    }

    /// Deletes here and on all other nodes.
    ///
    /// - Throws: Where this node's own store fails; then some of it may be left, and the call should be repeated.
    func purge(_ purge: Purge) async throws -> PurgeOutcome {
        let records = self.collector.value?.view.records ?? []
        let others = records.filter { $0.status != .left && $0.node.text != self.node }.map(\.node)
        return try await withThrowingTaskGroup(of: (node: String, items: UInt64?).self) { group in
            group.addTask { (self.node, try await self.store.purge(purge)) }
            for node in others { group.addTask { (node.text, await self.purge(purge, on: node)) } }
            var outcome = PurgeOutcome(items: 0)
            for try await (node, items) in group {
                outcome.items += items ?? 0
                if items == nil { outcome.missing.append(node) }
            }
            outcome.missing.sort()
            return outcome
        }
    }

    /// Gives another node an order.
    ///
    /// - Throws: `QuestionFailure` where it cannot be reached.
    func order(_ order: NodeOrder, of node: NodeID) async throws -> HandoverProgress {
        guard let collector = self.collector.value else { throw QuestionFailure("the node is not ready") }
        let answer = try await collector.ask(order.encoded, of: node, within: Self.orderSeconds)
        return try Self.progress(answer)
    }

    private static func progress(_ bytes: [UInt8]) throws(WireFailure) -> HandoverProgress {
        try HandoverProgress(bytes.raw)
    }

    private func purge(_ purge: Purge, on node: NodeID) async -> UInt64? {
        do {
            let answer = try await self.collector.value?.ask(
                purge.encoded,
                of: node,
                within: Self.purgeSeconds
            )
            return try answer.map { try Self.items(in: $0) }
        } catch {
            self.logger.warning(
                "a collector did not purge what it was asked to",
                metadata: ["node": "\(node)", "reason": "\(error)"]
            )
            return nil
        }
    }

    private static func items(in answer: [UInt8]) throws(WireFailure) -> UInt64 {
        try Purge.items(in: answer.raw)
    }

    private static func decode(_ bytes: [UInt8]) throws(WireFailure) -> ReadAnswer {
        try ReadAnswer(bytes.raw)
    }
}

extension SegmentStore {
    /// Deletes for good what this store holds; gives how many items went.
    ///
    /// - Throws: `StorageFailure`; then some of it may be left, and the call should be repeated.
    func purge(_ purge: Purge) async throws -> UInt64 {
        switch purge {
        case .before(let time): try await self.purge(before: time)
        case .trace(let id): try await self.purge(trace: id)
        }
    }
}
