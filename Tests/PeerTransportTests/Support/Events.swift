import Synchronization
import Testing

/// What happened, in its order, for a test to wait for; one test waits at a time.
final class Events<Event: Sendable>: Sendable {
    private struct State {
        var all: [Event] = []
        var next = 0
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var all: [Event] { self.state.withLock { $0.all } }

    func add(_ event: Event) {
        let waiting = self.state.withLock { state in
            state.all.append(event)
            return state.waiting.take()
        }
        waiting?.resume()
    }

    /// The next event that was not given yet.
    ///
    /// - Throws: `CancellationError` where the test's time is over.
    func next() async throws -> Event {
        while true {
            try Task.checkCancellation()
            let event: Event? = self.state.withLock { state in
                guard state.next < state.all.count else { return nil }
                state.next += 1
                return state.all[state.next - 1]
            }
            if let event { return event }
            await withTaskCancellationHandler {
                await withCheckedContinuation { self.wait($0) }
            } onCancel: {
                self.state.withLock { $0.waiting.take() }?.resume()
            }
        }
    }

    private func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isOver = self.state.withLock { state in
            if state.next < state.all.count || Task.isCancelled { return true }
            state.waiting = continuation
            return false
        }
        if isOver { continuation.resume() }
    }

    /// The next one that a test looks for; those before are passed over.
    @discardableResult func first(where isWanted: (Event) -> Bool) async throws -> Event {
        while true {
            let event = try await self.next()
            if isWanted(event) { return event }
        }
    }
}
