package import Telemetry

extension Repair {
    /// Times and bounds of repair.
    package struct Options: Equatable, Sendable {
        /// Between two rounds of comparing, while nothing changes.
        package var interval = Duration.seconds(30)
        /// Between the rounds that follow a change of the view, and those that brought something.
        package var hotInterval = Duration.seconds(3)
        /// So many rounds follow a change of the view, or of a link, at that pace, and look at the youngest minutes too.
        package var hotRounds = 4
        /// Minutes that are younger are compared in hot rounds only: much of them is still under way.
        package var settledMinutes: UInt32 = 2
        /// Chunks that were made so lately are not asked for: they are under way themselves.
        package var youngest = Duration.seconds(5)
        /// Minutes of the last so many are compared one by one, older ones by the hour.
        package var minutesByOne: UInt32 = 120
        /// Copying begins so long after a member lost its place, with two copies.
        package var deathDelay = Duration.seconds(10)
        /// The same with three copies or more.
        package var deathDelayOfMany = Duration.seconds(60)
        /// What others own is given away only while the view stood so long.
        package var giveDelay = Duration.seconds(30)
        /// An answer is waited for so long.
        package var answerTimeout = Duration.seconds(20)
        /// Who gave no answer, or garbage, is left alone for so long; doubled with each further time, up to 16 times.
        ///
        /// Silence is forgiven when a new link stands.
        package var offenceDelay = Duration.seconds(15)
        /// Bytes of chunks that are fetched in a second: a share of the link.
        package var bytesPerSecond = 32 << 20

        /// The times of the product.
        package init() {}

        /// The minute from which on minutes are compared one by one; a whole number of hours.
        package func minutesFrom(_ minute: UInt32) -> UInt32 {
            (minute - min(minute, self.minutesByOne)) / BucketSpan.hour * BucketSpan.hour
        }
    }

    /// What the shell is to do.
    package enum Effect: Equatable, Sendable {
        /// Ask a node, or the own store; the answer goes to ``answered(_:_:at:)``, or ``unanswered(_:isGarbage:at:)``.
        case ask(RepairQuestion, of: NodeID, number: UInt64)
        /// Delete what another node says is deleted for good, as far as it is news.
        case bury(Tombstones)
        /// Write what came to the own log, as far as it was asked for, then call ``kept(_:_:at:)``.
        case keep([UInt8], asked: [ChunkName], number: UInt64)
        /// Count these as gone, and remove them: their owners hold them. What holds something else by now stays.
        case give([SpanDigest])
    }

    /// What the own log made of fetched frames.
    package enum Kept: Equatable, Sendable {
        /// Of these it holds whatever is not deleted; whether some of them had not been here.
        case safe([ChunkName], isNews: Bool)
        /// The bytes are no merged frames, or one of them holds nothing that was asked for.
        case garbage
        /// The disk took nothing.
        case refused
    }

    /// What repair counted since the process started.
    package struct Counts: Equatable, Sendable {
        /// Rounds of comparing that came to their end.
        package var rounds: UInt64 = 0
        /// Chunks that were fetched from other nodes.
        package var fetchedChunks: UInt64 = 0
        /// Their bytes as sent.
        package var fetchedBytes: UInt64 = 0
        /// Hours and minutes of others' partitions that were given away.
        package var givenSpans: UInt64 = 0
        /// Chunks that a node listed and did not give.
        package var goneChunks: UInt64 = 0
        /// Questions without an answer.
        package var unanswered: UInt64 = 0
        /// Answers that were none.
        package var garbage: UInt64 = 0
        /// Times that the own disk refused what came.
        package var refused: UInt64 = 0
        /// Groups of slots that were rolled up from different chunks on two nodes, found while comparing.
        package var unsettledGroups: UInt64 = 0

        /// Nothing counted.
        package init() {}
    }

    /// How the last whole round found things.
    package struct Findings: Equatable, Sendable {
        /// Partitions that this node owns and that some node holds otherwise.
        package var unequalPartitions = 0
        /// Partitions that this node owns and that no other node holds anything of, though this one does.
        package var lonePartitions = 0
        /// Rounds on end that found partitions unequal, or lone where there are to be several copies.
        package var troubledRounds = 0
        /// Partitions of others of which this node holds something.
        package var foreignPartitions = 0
        /// When the round ended, since the process started; nil before the first.
        package var at: Duration?

        /// Nothing found yet.
        package init() {}
    }
}
