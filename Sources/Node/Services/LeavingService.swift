internal import ServiceLifecycle
internal import UnixSignals

/// Hears the signal that asks the process to end; what only it holds is with others before anything closes.
///
/// Its own end is what ends all other services, in their order. A second signal waits for nobody.
struct LeavingService: Service {
    /// Heard for as long as this value lives: a later signal does not end a process that closes its logs.
    let signals: UnixSignalsSequence
    /// The signal is there, and nothing has closed yet.
    let begins: @Sendable () -> Void
    /// Hands over; comes to its end by itself, and soon where it is cancelled.
    let handOver: @Sendable () async -> Void

    /// Runs until the process may end.
    func run() async throws {
        let (isAsked, first) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask {
                    var signals = self.signals.makeAsyncIterator()
                    // Where another service failed nobody asked for an end.
                    guard await signals.next() != nil else { return }
                    first.yield()
                    _ = await signals.next()
                }
                group.addTask {
                    for await _ in isAsked {
                        self.begins()
                        return await self.handOver()
                    }
                }
                await group.next()
                group.cancelAll()
            }
        }
    }
}
