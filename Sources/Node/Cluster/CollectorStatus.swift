internal import Cluster
internal import PeerTransport
internal import Storage
internal import Telemetry
internal import WebServer

/// What a collector knows of its cluster, and asks the other nodes.
struct CollectorStatus: ClusterStatus {
    let cluster: String
    let collector: Collector
    let exchange: PeerExchange
    let own: FigureBox
    let answers: PeerAnswers
    let verifier: ClusterVerifier

    /// An answer is waited for so long: figures are looked at by people, who do not wait.
    private static let timeoutSeconds: Int64 = 3

    var node: NodeID { self.collector.record.node }

    var view: ClusterView { self.collector.view }

    func place(replication: Int?, confirmations: Int?) async throws -> PlacementParameters? {
        let known = self.view.parameters
        guard let parameters = known.changed(replication: replication, confirmations: confirmations) else {
            return nil
        }
        return try await self.collector.place(by: parameters)
    }

    /// Asks every member that is expected to answer, all at once.
    func figures() async -> [NodeID: NodeFigures] {
        let others = self.view.records.filter { $0.status.isPresent && $0.node != self.node }.map(\.node)
        return await withTaskGroup(of: (NodeID, NodeFigures?).self) { group in
            group.addTask { (self.node, await self.own.value?.figures()) }
            for node in others { group.addTask { (node, await self.figures(of: node)) } }
            var answers: [NodeID: NodeFigures] = [:]
            for await (node, figures) in group { answers[node] = figures }
            return answers
        }
    }

    func order(_ order: NodeOrder, of node: NodeID) async throws -> HandoverProgress {
        guard node != self.node else { return try await self.answers.obey(order) }
        return try await self.exchange.order(order, of: node)
    }

    func forget(_ node: NodeID) { self.collector.forget(node) }

    func verify(isYoungIncluded: Bool) async -> Verification {
        await self.verifier.verify(isYoungIncluded: isYoungIncluded)
    }

    func chunks(of trace: TraceID) async -> [NodeID: Int] {
        var counts: [NodeID: Int] = [:]
        for signal in [Signal.spans, .logs] {
            for answer in await self.exchange.ask(.traceParts([trace], signal, []), of: .all) {
                guard let node = NodeID(answer.node), case .traceParts(let parts) = answer.answer else {
                    continue
                }
                let frames = Set(parts.flatMap { $0.chunks.map(\.frame) })
                counts[node, default: 0] += frames.count
            }
        }
        return counts
    }

    private func figures(of node: NodeID) async -> NodeFigures? {
        let bytes = try? await self.collector.ask(
            NodeFigures.question,
            of: node,
            within: Self.timeoutSeconds
        )
        return bytes.flatMap { try? Self.decode($0) }
    }

    private static func decode(_ bytes: [UInt8]) throws(WireFailure) -> NodeFigures {
        try NodeFigures(bytes.raw)
    }
}
