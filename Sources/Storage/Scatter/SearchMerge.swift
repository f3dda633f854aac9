package import Telemetry

/// A search over several nodes, as a machine: says what is to be asked, takes the answers, and ends with the hits.
///
/// Each node gives its best hits by what it has of each trace. A trace may have chunks elsewhere, so of every candidate
/// that could be among the best all nodes are asked for its parts; chunks are united by frame, and the conditions tested
/// again on the whole. A trace begins at or before what any node knows of it: hits are proven once as many as wanted begin
/// no earlier than any candidate not yet judged, and than the last hit of every node that may have more. Nodes that may
/// are asked for four times as many, until all is proven or the budget ends. Terms must occur together on one node.
package struct SearchMerge: Sendable {
    /// What is to be done next.
    package enum Step: Equatable, Sendable {
        /// Ask for hits; nil asks all nodes.
        case search(SearchQuery, of: [String]?)
        /// Ask all nodes for the parts of these traces.
        case parts([TraceID])
        /// Nothing; this is the answer.
        case done(SearchAnswer)
    }

    private struct Node {
        /// Latest start of what it may have beyond what it gave; nil where it has no more.
        var bound: UInt64?
        var isWhole = true
    }

    /// Traces that are judged, and hits that one node is asked for, at most.
    private let budget: Int
    private let query: SearchQuery
    private var nodes: [String: Node] = [:]
    /// The latest start that a trace can have, by what is known of it.
    private var candidates: [TraceID: UInt64] = [:]
    private var judged: [TraceID: TraceHit?] = [:]
    private var best: [TraceHit] = []
    private var missing: Set<String> = []
    private var asked = 0

    /// A search that has not begun.
    ///
    /// - Parameters:
    ///   - query: What is looked for.
    ///   - budget: Traces that are judged at most; at least 1.
    package init(_ query: SearchQuery, budget: Int = 4096) {
        self.query = query
        self.budget = max(budget, 1)
    }

    /// What to do next; the same until an answer was taken.
    package var next: Step {
        guard self.query.limit > 0 else { return .done(self.answer(isProven: true)) }
        guard self.asked > 0 else { return self.search(of: nil) }
        let open = self.unproven
        if !open.isEmpty {
            let room = min(self.budget - self.judged.count, ReadRequest.tracesMax)
            guard room > 0 else { return .done(self.answer(isProven: false)) }
            // More than wanted: some will turn out not to fit, or to begin earlier.
            let batch = max(self.query.limit.addingReportingOverflow(16).partialValue, 16)
            return .parts(Array(open.prefix(min(room, batch))))
        }
        let cut = self.nodes.filter { self.mayHoldMore($1.bound) }.keys.sorted()
        guard !cut.isEmpty else { return .done(self.answer(isProven: true)) }
        guard self.asked < self.budget else { return .done(self.answer(isProven: false)) }
        return self.search(of: cut)
    }

    /// Takes hits.
    ///
    /// - Parameters:
    ///   - query: The query of the step.
    ///   - answers: One per node that answered.
    ///   - missing: Nodes that did not.
    package mutating func receive(
        _ query: SearchQuery,
        _ answers: [(node: String, answer: SearchAnswer)],
        missing: [String]
    ) {
        self.asked = max(self.asked, query.limit)
        self.note(missing)
        for (node, answer) in answers {
            let isCut = answer.hits.count >= query.limit
            self.nodes[node] = Node(
                bound: isCut ? answer.hits.map(\.start).min() : nil,
                isWhole: answer.isComplete
            )
            for hit in answer.hits {
                self.candidates[hit.trace] = min(self.candidates[hit.trace] ?? .max, hit.start)
            }
        }
    }

    /// Takes the parts of traces; one that nobody has parts of is none.
    ///
    /// - Parameters:
    ///   - traces: Those of the step.
    ///   - answers: One per node that answered.
    ///   - missing: Nodes that did not.
    package mutating func receive(
        _ traces: [TraceID],
        _ answers: [[TraceParts]],
        missing: [String]
    ) {
        self.note(missing)
        var facts: [TraceID: Set<ChunkFact>] = [:]
        for parts in answers.joined() { facts[parts.trace, default: []].formUnion(parts.chunks) }
        for trace in traces where self.judged[trace] == nil {
            let hit = self.judge(trace, facts[trace] ?? [])
            self.judged[trace] = .some(hit)
            guard let hit else { continue }
            let place = self.best.firstIndex { Self.precedes(hit, $0) } ?? self.best.count
            self.best.insert(hit, at: place)
            if self.best.count > self.query.limit { self.best.removeLast() }
        }
    }

    /// A node that did not answer once is missing, and is not asked again.
    private mutating func note(_ missing: [String]) {
        self.missing.formUnion(missing)
        for node in missing { self.nodes[node] = nil }
    }

    private func search(of nodes: [String]?) -> Step {
        var query = self.query
        let wanted =
            self.asked == 0 ? query.limit : self.asked.multipliedReportingOverflow(by: 4).partialValue
        query.limit = min(max(wanted, 1), max(self.budget, self.query.limit))
        return .search(query, of: nodes)
    }

    /// Whether what begins then at the latest could be among the best.
    private func mayHoldMore(_ start: UInt64?) -> Bool {
        guard let start else { return false }
        guard self.best.count >= self.query.limit, let last = self.best.last else { return true }
        return start > last.start
    }

    /// Candidates that are not judged and could be among the best, the latest first.
    private var unproven: [TraceID] {
        self.candidates.filter { self.judged[$0] == nil && self.mayHoldMore($1) }
            .sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
            .map(\.key)
    }

    private func judge(_ trace: TraceID, _ facts: Set<ChunkFact>) -> TraceHit? {
        guard !facts.isEmpty else { return nil }
        var hit = TraceHit(trace: trace)
        for fact in facts.sorted(by: { ($0.frame, $0.start, $0.end) < ($1.frame, $1.start, $1.end) }) {
            hit.add(fact)
        }
        let hasAttributes = self.query.attributes.isEmpty || facts.contains(where: \.hasAttributes)
        return self.query.fits(hit) && hasAttributes ? hit : nil
    }

    private func answer(isProven: Bool) -> SearchAnswer {
        let isWhole = self.nodes.values.allSatisfy(\.isWhole) && self.missing.isEmpty
        return SearchAnswer(
            hits: self.best,
            isComplete: isProven && isWhole,
            missing: self.missing.sorted()
        )
    }

    private static func precedes(_ left: TraceHit, _ right: TraceHit) -> Bool {
        left.start == right.start ? left.trace < right.trace : left.start > right.start
    }
}
