import Storage
import Telemetry

@testable import DiskStorage

/// Stores as the nodes of a cluster; requests and answers go over the wire's bytes.
struct StoreExchange: ReadExchange {
    var nodes: [(name: String, store: SegmentStore)]
    /// Nodes that do not answer.
    var silent: Set<String> = []

    func ask(_ request: ReadRequest, of scope: ReadScope) async -> [NodeAnswer] {
        var answers: [NodeAnswer] = []
        for (name, store) in self.nodes where Self.isAsked(name, scope) {
            answers.append(NodeAnswer(node: name, answer: await self.answer(request, name, store)))
        }
        return answers
    }

    private static func isAsked(_ name: String, _ scope: ReadScope) -> Bool {
        if case .nodes(let names) = scope { names.contains(name) } else { true }
    }

    private func answer(_ request: ReadRequest, _ name: String, _ store: SegmentStore) async -> ReadAnswer? {
        guard !self.silent.contains(name), let heard = try? ReadRequest(request.encoded.raw),
            let answer = try? await store.answer(heard)
        else { return nil }
        return try? ReadAnswer(answer.encoded.raw)
    }
}
