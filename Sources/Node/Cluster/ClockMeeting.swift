internal import Synchronization

/// Waits for the cluster's clock before the doors open, so that nothing is stamped with a clock that is hours off.
///
/// Where nobody is met in time, the own clock counts, and a meeting later is followed all the same.
struct ClockMeeting: Sendable {
    /// How long the doors wait.
    private static let patience = Duration.seconds(1)

    private let clock: ClusterClock
    private let meetings: AsyncStream<Void>
    private let met: AsyncStream<Void>.Continuation

    init(_ clock: ClusterClock) {
        self.clock = clock
        (self.meetings, self.met) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
    }

    /// Another process's clock is so far ahead, or behind where negative.
    func meet(nanosecondsAhead: Int64) {
        self.clock.follow(nanosecondsAhead: nanosecondsAhead)
        self.met.yield()
    }

    /// Comes back after the first meeting, or when patience ends.
    func wait() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.meetings { return } }
            group.addTask { try? await Task.sleep(for: Self.patience) }
            await group.next()
            group.cancelAll()
        }
    }
}
