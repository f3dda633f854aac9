/// What a search found.
package struct SearchAnswer: Equatable, Sendable {
    /// Latest start first.
    package var hits: [TraceHit]
    /// Whether nothing better can exist; false where the work budget ended first.
    package var isComplete: Bool
    /// Nodes that did not answer, sorted; the answer is not complete then.
    package var missing: [String]

    /// An answer with these hits.
    package init(hits: [TraceHit], isComplete: Bool, missing: [String] = []) {
        self.hits = hits
        self.isComplete = isComplete
        self.missing = missing
    }
}
