internal import Cluster
internal import DiskStorage
internal import Logging
internal import PeerTransport
package import Storage
internal import Telemetry

/// Asks this node's store and all other collectors, each over its connection.
package struct PeerExchange: ReadExchange {
    let store: SegmentStore
    let collector: CollectorBox
    let node: String
    let logger: Logger

    /// An answer is waited for so long.
    private static let timeoutSeconds: Int64 = 10

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

    private static func decode(_ bytes: [UInt8]) throws(WireFailure) -> ReadAnswer {
        try ReadAnswer(bytes.raw)
    }

    /// Answers another collector: what this node says of itself, or what its store alone has.
    static func answer(
        _ question: [UInt8],
        _ store: SegmentStore,
        _ figures: FigureBox
    ) async throws -> [UInt8] {
        if NodeFigures.isAsked(by: question) {
            guard let source = figures.value else { throw QuestionFailure("the node is not ready") }
            return await source.figures().encoded
        }
        let request = try Self.request(question)
        return try await store.answer(request).encoded
    }

    private static func request(_ bytes: [UInt8]) throws(WireFailure) -> ReadRequest {
        try ReadRequest(bytes.raw)
    }
}
