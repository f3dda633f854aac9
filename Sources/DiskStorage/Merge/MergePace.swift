internal import Telemetry

/// When background merging goes on after it could not: ever later, so that a sick disk is left in peace.
struct MergePace: Sendable {
    /// Whether a turn is queued or runs.
    var isScheduled = false
    /// No merge begins earlier, unless somebody asks for it.
    private(set) var notBefore = ClusterTime(nanoseconds: 0)
    private var delaySeconds: Int64 = 0

    /// Waits ten seconds the first time, twice as long each further time, an hour at most.
    mutating func postpone(from now: ClusterTime) {
        self.delaySeconds = min(max(10, self.delaySeconds * 2), 3600)
        self.notBefore = now.advanced(byNanoseconds: self.delaySeconds * 1_000_000_000)
    }

    mutating func succeed() { self = MergePace(isScheduled: self.isScheduled) }

    private init(isScheduled: Bool) { self.isScheduled = isScheduled }

    init() {}
}
