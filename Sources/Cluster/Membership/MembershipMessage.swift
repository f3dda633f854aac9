/// What members say to each other on their control connections.
package enum MembershipMessage: Equatable, Sendable {
    /// Asks for an answer.
    case ping(sequence: UInt32, rumors: [Rumor])
    /// Asks somebody else to ask; a relay answers in any case.
    case pingRequest(sequence: UInt32, target: NodeID, rumors: [Rumor])
    /// The answer, with who answers: so that even one who missed a rumor learns the newest incarnation.
    case ack(sequence: UInt32, responder: MemberRecord, rumors: [Rumor])
    /// A relay lives, and got no answer itself.
    case nack(sequence: UInt32)
    /// Rumors alone.
    case gossip([Rumor])
    /// Everything that is known.
    case sync([MemberRecord], isReply: Bool)
    /// What the sender places by.
    case placement(PlacementParameters)
}
