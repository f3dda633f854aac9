package import Cluster

extension World {
    /// What the checkers watch and a report prints.
    package struct Log: Equatable, Sendable {
        /// Every change of a node's picture of another, in the order it happened.
        package var verdicts: [Verdict] = []
        package var messages = 0
        package var steps = 0
        /// Answers of nodes that were no confirmations: one copy only, or none.
        package var acceptedCount = 0
        package var refusedCount = 0
        /// Copies of frames that a node held alone before.
        package var owedCopyCount = 0
        /// Frames that came to a node which was none of their owners, and were sent on.
        package var forwardedCount = 0
        /// Frames that came in at doors of nodes.
        package var doorCount = 0
        /// Most messages of membership that one node sent in a second.
        package var burstMax = 0
        /// Disks that were lost.
        package var wipedCount = 0
        /// Chunks that repair fetched.
        package var repairedCount = 0
        /// Hours and minutes that were given away, and the chunks that went with them.
        package var givenSpanCount = 0
        package var givenCount = 0
        /// Nodes that ended because all that they held was handed over, and those of them whose disks were thrown away.
        package var drainedCount = 0
        package var discardedCount = 0
        /// Traces that an operator deleted for good, and those of them that every node was seen to know of.
        package var purgedCount = 0
        package var settledPurgeCount = 0
        /// Dead nodes of which an operator said that they do not come back.
        package var forgottenCount = 0
        /// Chunks that could not be read any more when a disk was read through.
        package var scrubbedCount = 0
        /// Totals that doors had not brought to the cluster when their disk was lost.
        package var lostTotalCount = 0
        /// Windows of totals that were compared with what was made, and those that were not because slots of theirs are lost.
        package var comparedWindowCount = 0
        package var excusedWindowCount = 0
        /// Confirmed frames whose copies were looked for at the end.
        package var judgedFrameCount = 0
        /// Questions and answers of totals, and their bytes.
        package var totalsMessages = 0
        package var totalsBytes = 0
        /// Questions and answers of repair, and their bytes by a sample.
        package var repairMessages = 0
        package var repairBytes = 0
        /// Bytes of messages of membership; counted only while a scale is measured.
        package var membershipBytes = 0
    }

    /// A change of one node's picture of another.
    package struct Verdict: Equatable, Sendable {
        package var at: Duration
        package var by: Int
        package var about: Int
        package var status: MemberStatus
    }
}
