import Telemetry
import Testing

@testable import Cluster

/// The write path of one node among others, of which the first in the ranking of partition 0 is the local one.
struct ReplicationBench {
    static let run = RunID(high: 1, low: 2)
    static let sender = Replication.Sender(7)

    var replication: Replication
    let ranking: [NodeID]
    let placement: Placement
    let parameters: PlacementParameters

    init(
        nodes: Int = 4,
        copies: Int = 2,
        confirmations: Int = 2,
        limits: Replication.Limits = .init(),
        place: Int = 0
    ) throws {
        let members = (0..<nodes).map { MemberRecord.named("node-\($0)") }
        self.parameters = try #require(PlacementParameters(replication: copies, confirmations: confirmations))
        self.placement = Placement(members, self.parameters)
        self.ranking = self.placement.ranking(of: 0)
        self.replication = Replication(
            local: self.ranking[place],
            placement: self.placement,
            available: Set(members.map(\.node)),
            limits: limits
        )
    }

    static func id(_ sequence: UInt64) -> FrameID { FrameID(run: self.run, sequence: sequence) }

    mutating func receive(
        _ sequence: UInt64,
        from number: UInt64 = 7,
        at now: Duration = .zero
    ) -> [Replication.Effect] {
        self.replication.receive(
            Self.id(sequence),
            partition: 0,
            bytes: 100,
            from: Replication.Sender(number),
            at: now
        )
    }

    /// Lets the node see only some members, by their place in the ranking; those who are gone hold no place either.
    mutating func see(_ places: [Int], at now: Duration = .zero) -> [Replication.Effect] {
        let members = places.map { MemberRecord.named("\(self.ranking[$0])") }
        return self.replication.viewChanged(
            Placement(members, self.parameters),
            available: Set(members.map(\.node)),
            at: now
        )
    }

    /// Takes a frame and logs it while nobody else is there, until its sender is told that one copy is safe.
    mutating func accept(_ sequence: UInt64, at now: Duration = .zero) -> [Replication.Effect] {
        _ = self.receive(sequence, at: now)
        _ = self.replication.appended(Self.id(sequence), isSafe: true, at: now)
        return self.replication.tick(at: now + .seconds(2))
    }
}
