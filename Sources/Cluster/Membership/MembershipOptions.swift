/// The times and counts of membership; the defaults are those of a local network.
///
/// Reasons: `ARCHITECTURE.md`, "Membership". Short of 3.5 s between the first missed answer and the verdict, pauses of
/// healthy processes are taken for deaths.
package struct MembershipOptions: Equatable, Sendable {
    /// Somebody is probed so often.
    package var probeInterval = Duration.milliseconds(500)
    /// A direct answer takes no longer; TCP sends a lost segment again after 200 ms.
    package var probeTimeout = Duration.milliseconds(300)
    /// How many others are asked to probe whom one cannot reach.
    package var relayCount = 3
    /// Suspicion lasts at least so many probe intervals, times the size's logarithm.
    package var suspicionFactor = 6
    /// And at most so many times its least.
    package var suspicionSpread = 6
    /// So many accusers beside the first bring it down to its least; none are waited for among three or fewer.
    package var accuserCount = 2
    /// Rumors leave so often, while there are any.
    package var gossipInterval = Duration.milliseconds(100)
    /// To so many members at once.
    package var gossipFanout = 3
    /// A rumor is told at least so many times.
    package var tellingsMin = 8
    /// Everything is compared with somebody so often, the dead included.
    package var syncInterval = Duration.seconds(10)
    /// After a change everything is compared with somebody present within half of this, and again after this at least.
    package var newsPause = Duration.seconds(1)
    /// The dead are told of rumors so long.
    package var gossipToTheDead = Duration.seconds(30)
    /// And remembered so long.
    package var tombstoneAge = Duration.seconds(24 * 3600)
    /// Local health is counted up to here; each point stretches intervals and timeouts by one length.
    package var sicknessMax = 8
    /// Rumors in one message.
    package var rumorsPerMessage = 64
    /// Members beyond which further ones are refused.
    package var membersMax = 1024

    /// The defaults.
    package init() {}
}
