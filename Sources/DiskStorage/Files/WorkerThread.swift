internal import Foundation
internal import Glibc
internal import Synchronization

/// One thread that does blocking work in the order given.
package final class WorkerThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let condition = NSCondition()

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: What tools show; at most 15 characters.
    ///   - niceness: Added to the thread's nice value; 0 for the write path.
    package init(_ name: String, niceness: Int32 = 0) {
        let thread = Thread { [self] in
            // On Linux "who" zero means the calling thread alone.
            if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            self.run()
        }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Adds a job behind the others.
    ///
    /// - Parameter job: What to do; must not wait for a later job of the same thread.
    /// - Returns: Whether it will be done; false after ``stop()``.
    @discardableResult
    package func enqueue(_ job: @escaping @Sendable () -> Void) -> Bool {
        self.condition.lock()
        defer { self.condition.unlock() }
        let isAccepted = self.state.withLock { state in
            if !state.isStopped { state.jobs.append(job) }
            return !state.isStopped
        }
        self.condition.signal()
        return isAccepted
    }

    /// Does a job behind everything that was enqueued before, and comes back when it is done.
    ///
    /// - Parameter job: What to do; dropped after ``stop()``.
    package func run(_ job: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let isAccepted = self.enqueue {
                job()
                continuation.resume()
            }
            if !isAccepted { continuation.resume() }
        }
    }

    /// Does what was enqueued before, then ends the thread.
    package func stop() {
        self.condition.lock()
        self.state.withLock { $0.isStopped = true }
        self.condition.signal()
        self.condition.unlock()
    }

    private func run() {
        while true {
            self.condition.lock()
            while self.state.withLock({ $0.jobs.isEmpty && !$0.isStopped }) { self.condition.wait() }
            let jobs = self.state.withLock { state in
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return state.jobs
            }
            self.condition.unlock()
            if jobs.isEmpty { return }
            for job in jobs { job() }
        }
    }
}
