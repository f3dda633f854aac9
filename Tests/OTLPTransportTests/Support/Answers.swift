import Pipeline
import Synchronization

/// What receipts were answered with, in order.
final class Answers: Sendable {
    private let list = Mutex<[Refusal?]>([])

    var all: [Refusal?] { self.list.withLock { $0 } }

    func note(_ refusal: Refusal?) { self.list.withLock { $0.append(refusal) } }
}
