internal import NIOCore
internal import Synchronization

/// Finds out whether everything that works in a process still gets on: event loops turn, the disk answers.
package final class Pulse: Sendable {
    /// Does a job soon, on a thread of its own; where that hangs, never.
    package typealias Part = @Sendable (@escaping @Sendable () -> Void) -> Void

    private let parts: [Part]
    /// Parts that have not answered in this round.
    private let waiting = Mutex(0)

    /// A pulse of these parts.
    package init(_ parts: [Part]) { self.parts = parts }

    /// A pulse of all event loops of some groups, and of one more part.
    convenience init(of groups: [any EventLoopGroup], and part: @escaping Part) {
        let loops = groups.flatMap { Array($0.makeIterator()) }
        self.init(loops.map { loop -> Part in { @Sendable job in loop.execute(job) } } + [part])
    }

    /// Asks all parts; nothing happens while an earlier round has not ended.
    ///
    /// - Parameter answered: Called once, after the last part answered, on its thread.
    package func ask(_ answered: @escaping @Sendable () -> Void) {
        let isFree = self.waiting.withLock { waiting in
            guard waiting == 0 else { return false }
            waiting = self.parts.count
            return true
        }
        guard isFree else { return }
        if self.parts.isEmpty { return answered() }
        for part in self.parts {
            part { [self] in
                let isLast = self.waiting.withLock { waiting in
                    waiting -= 1
                    return waiting == 0
                }
                if isLast { answered() }
            }
        }
    }
}
