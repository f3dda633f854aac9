/// What a search found.
package struct SearchAnswer: Sendable {
    /// Latest start first.
    package var hits: [TraceHit]
    /// Whether nothing better can exist; false where the work budget ended first.
    package var isComplete: Bool

    /// An answer with these hits.
    package init(hits: [TraceHit], isComplete: Bool) {
        self.hits = hits
        self.isComplete = isComplete
    }
}
