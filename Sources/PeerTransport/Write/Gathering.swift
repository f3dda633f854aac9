internal import Cluster

/// Waits for the outcomes of several frames.
final class Gathering {
    private var left: Int
    private var worst = Outcome(.confirmed)
    private let done: @Sendable (Outcome) -> Void

    init(_ count: Int, _ done: @escaping @Sendable (Outcome) -> Void) {
        self.left = count
        self.done = done
        if count == 0 { done(self.worst) }
    }

    func add(_ outcome: Outcome) {
        if outcome.verdict.rawValue > self.worst.verdict.rawValue { self.worst = outcome }
        self.left -= 1
        if self.left == 0 { self.done(self.worst) }
    }
}
