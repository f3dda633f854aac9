internal import Telemetry

/// What a sealed segment knows of itself beside its frames; kept in its search index.
struct SegmentFacts: Equatable, Sendable {
    /// Of ``MergePlan/Candidate/level``.
    var level = 0
    /// Segments whose place this one took; a start removes what is left of them.
    var replaces: [UInt64] = []
    /// When tail rules were last applied; nil for never.
    ///
    /// What was old by then has stayed for a reason.
    var thinnedAt: ClusterTime?

    init() {}

    /// What the index of a segment says; anything that cannot be read counts as not there.
    init(_ text: (String) throws -> String?) rethrows {
        self.level = try text("level").flatMap { Int($0) } ?? 0
        self.replaces = (try text("replaces") ?? "").split(separator: " ")
            .compactMap { Hex.value(Array($0.utf8)[...]) }
        self.thinnedAt = try text("thinned").flatMap { UInt64($0) }.map { ClusterTime(nanoseconds: $0) }
    }

    /// Names and values for the index.
    var texts: [(name: String, value: String)] {
        [
            ("level", String(self.level)),
            ("replaces", self.replaces.map { Hex.text($0) }.joined(separator: " ")),
        ] + (self.thinnedAt.map { [("thinned", String($0.nanoseconds))] } ?? [])
    }
}
