package import Telemetry

/// Answers for a whole cluster: asks the nodes and merges what they say, each item counted once.
///
/// No IO of its own. Nodes that did not answer, or answered something else, are named in the answers.
package struct ClusterReader<Exchange: ReadExchange>: TelemetryReader {
    private let exchange: Exchange

    /// A reader over an exchange.
    package init(_ exchange: Exchange) { self.exchange = exchange }

    /// The trace from all chunks of all nodes; nil where all answered and none has any.
    ///
    /// - Throws: ``UnansweredRead`` where nothing was found and a node did not answer.
    package func trace(_ id: TraceID) async throws -> StoredTrace? {
        let (answers, missing) = await self.ask(.trace(id), of: .holders(Key(id))) { answer in
            if case .trace(let chunks) = answer { chunks } else { nil }
        }
        if let trace = StoredTrace.united(answers.map(\.value), missing: missing) { return trace }
        guard missing.isEmpty else { throw UnansweredRead(missing: missing) }
        return nil
    }

    /// Traces that fit as a whole, latest start first; see ``SearchMerge`` for what is proven.
    package func search(_ query: SearchQuery) async throws -> SearchAnswer {
        var merge = SearchMerge(query)
        // Each round judges traces or widens a search, and both have a budget; so this ends.
        while true {
            switch merge.next {
            case .done(let answer): return answer
            case .search(let wider, let nodes):
                let scope = nodes.map { ReadScope.nodes($0) } ?? .all
                let (answers, missing) = await self.ask(.search(wider), of: scope) { answer in
                    if case .search(let hits) = answer { hits } else { nil }
                }
                merge.receive(wider, answers.map { ($0.node, $0.value) }, missing: missing)
            case .parts(let traces):
                let request = ReadRequest.traceParts(traces, query.signal, query.attributes)
                let (answers, missing) = await self.ask(request, of: .all) { answer in
                    if case .traceParts(let parts) = answer { parts } else { nil }
                }
                merge.receive(traces, answers.map(\.value), missing: missing)
            }
        }
    }

    /// The values that any node has, sorted, the first so many.
    package func values(_ field: Term.Field, limit: Int) async throws -> [String] {
        try await self.valuesAnswer(field, limit: limit).values
    }

    /// The same, with the names of the nodes that did not answer.
    package func valuesAnswer(_ field: Term.Field, limit: Int) async throws -> ValuesAnswer {
        let (answers, missing) = await self.ask(.values(field, limit: limit), of: .all) { answer in
            if case .values(let values) = answer { values } else { nil }
        }
        let values = Set(answers.flatMap(\.value)).sorted().prefix(max(limit, 0))
        return ValuesAnswer(values: Array(values), missing: missing)
    }

    /// Records that fit, newest chunks first.
    package func logs(_ query: LogQuery) async throws -> LogAnswer {
        let scope = query.trace.map { ReadScope.holders(Key($0)) } ?? .all
        let (answers, missing) = await self.ask(.logs(query), of: scope) { answer in
            if case .logs(let chunks) = answer { chunks } else { nil }
        }
        return LogAnswer.united(query, answers.map(\.value), missing: missing)
    }

    /// Slots that fit, merged per series and step.
    package func series(_ query: SeriesQuery) async throws -> [SeriesLine] {
        await self.series(query).lines
    }

    /// The same, with the names of the nodes that did not answer; see ``SeriesUnion`` for what is exact.
    package func seriesAnswer(_ query: SeriesQuery) async throws -> SeriesAnswer { await self.series(query) }

    private func series(_ query: SeriesQuery) async -> SeriesAnswer {
        let scope = query.key.map { ReadScope.holders($0) } ?? .all
        let (answers, missing) = await self.ask(.series(query), of: scope) { answer in
            if case .series(let parts) = answer { parts } else { nil }
        }
        let union = SeriesUnion(query, answers.map { ($0.node, $0.value) })
        guard let (buckets, nodes) = union.next else {
            return SeriesAnswer(lines: union.finish([]), missing: missing)
        }
        let (chunks, silent) = await self.ask(.slots(query, buckets), of: .nodes(nodes)) { answer in
            if case .slots(let chunks) = answer { chunks } else { nil }
        }
        return SeriesAnswer(
            lines: union.finish(chunks.map { ($0.node, $0.value) }),
            missing: Set(missing + silent).sorted()
        )
    }

    /// Asks nodes; tells answers of the kind that was asked for from all else, which is none.
    private func ask<Value>(
        _ request: ReadRequest,
        of scope: ReadScope,
        _ value: (ReadAnswer) -> Value?
    ) async -> (answers: [(node: String, value: Value)], missing: [String]) {
        var answers: [(node: String, value: Value)] = []
        var missing: [String] = []
        for answer in await self.exchange.ask(request, of: scope) {
            if let value = answer.answer.flatMap(value) {
                answers.append((answer.node, value))
            } else {
                missing.append(answer.node)
            }
        }
        return (answers.sorted { $0.node < $1.node }, missing.sorted())
    }
}
