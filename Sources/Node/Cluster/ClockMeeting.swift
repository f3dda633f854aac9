internal import Logging
internal import Synchronization

/// Waits for the cluster's clock before the doors open, so that nothing is stamped with a clock that is hours off.
///
/// Where nobody is met in time, the own clock counts, and a meeting later is followed all the same.
struct ClockMeeting: Sendable {
    /// How long the doors wait.
    private static let patience = Duration.seconds(1)

    private let clock: ClusterClock
    private let logger: Logger
    private let meetings: AsyncStream<Void>
    private let met: AsyncStream<Void>.Continuation

    init(_ clock: ClusterClock, _ logger: Logger) {
        self.clock = clock
        self.logger = logger
        (self.meetings, self.met) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
    }

    /// Another process's clock is so far ahead, or behind where negative.
    ///
    /// - Returns: Whether it is followed.
    @discardableResult
    func meet(nanosecondsAhead: Int64) -> Bool {
        let isFollowed = self.clock.follow(nanosecondsAhead: nanosecondsAhead)
        if isFollowed {
            self.logger.warning(
                "the own clock is another than the cluster's, which is followed",
                metadata: ["seconds_ahead": "\(nanosecondsAhead / 1_000_000_000)"]
            )
        }
        self.met.yield()
        return isFollowed
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
