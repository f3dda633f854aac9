import Telemetry
import Testing

@testable import Cluster
@testable import Simulation

/// Whole clusters in which one rule is broken on purpose: without it they are sound, with it a checker says so.
@Suite struct SabotageTests {
    /// Plays a scenario over seeds until somebody notices the rule that is broken; unbroken, that seed must be sound.
    private static func expect(
        _ text: String,
        nodes: Int,
        copies: Int = 2,
        confirmations: Int = 2,
        seeds: ClosedRange<UInt64> = 1...4,
        _ faults: [(Double, Fault)],
        breaking sabotage: (inout Sabotage) -> Void,
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let parameters = try #require(
            PlacementParameters(replication: copies, confirmations: confirmations)
        )
        func play(_ seed: UInt64, isBroken: Bool) -> [String] {
            var world = World(nodes: nodes, seed: seed, parameters: parameters)
            if isBroken { sabotage(&world.sabotage) }
            world.addAgents(2, framesPerSecond: 20, until: .seconds(40))
            world.openDoors(until: .seconds(40))
            for (second, fault) in faults { world.schedule(fault, at: .milliseconds(Int(second * 1000))) }
            world.run(until: .seconds(80))
            world.checkDelivery()
            return world.violations
        }
        let noticed = seeds.first { seed in
            play(seed, isBroken: true).contains { $0.contains(text) }
        }
        let seed = try #require(noticed, "nobody noticed", sourceLocation: place)
        let violations = play(seed, isBroken: false)
        #expect(violations.isEmpty, "seed \(seed)", sourceLocation: place)
    }

    @Test func `holders that are dead count for nothing`() throws {
        try Self.expect(
            "was confirmed with 2 copies",
            nodes: 4,
            copies: 3,
            confirmations: 3,
            [
                (10, .slowDisk(2, factor: 2000)), (10, .slowDisk(3, factor: 2000)), (20, .crash(1)),
                (26, .healDisk(2)), (26, .healDisk(3)), (30, .restart(1)),
            ],
            breaking: { sabotage in
                sabotage.writes = { machine, _ in
                    for number in UInt(0)..<9 { machine.placed.insert(NodeID(number: number)) }
                }
            }
        )
    }

    @Test func `what one node alone holds is owed, and handed over before it leaves`() throws {
        func forget(_ sabotage: inout Sabotage) {
            sabotage.writes = { machine, _ in machine.debt = Debt() }
            // Repair would make it good.
            sabotage.repair = { _, effects in effects = [] }
        }
        try Self.expect(
            "which it owed",
            nodes: 2,
            [(15, .crash(1)), (30, .restart(1))],
            breaking: forget
        )
        try Self.expect(
            "left with frame",
            nodes: 3,
            [
                (15, .crash(1)), (15, .crash(2)), (24, .restart(1)), (24.5, .leave(0)), (45, .restart(2)),
                (46, .restart(0)),
            ],
            breaking: forget
        )
    }

    @Test func `a confirmation takes as many copies as it says`() throws {
        try Self.expect(
            "was confirmed with 1 copies",
            nodes: 2,
            [(15, .crash(1)), (25, .restart(1))],
            breaking: { sabotage in
                sabotage.writes = { _, effects in
                    effects = effects.map { effect in
                        if case .accept(let id, let sender) = effect { .confirm(id, sender) } else { effect }
                    }
                }
            }
        )
    }

    @Test func `who stood still blames nobody for it`() throws {
        try Self.expect(
            "for dead, which is well",
            nodes: 4,
            [(15, .pause(1)), (17.8, .pause(2)), (18, .resume(1)), (28, .resume(2))],
            breaking: { sabotage in
                // Timers that were due meanwhile go off as if nothing had happened.
                sabotage.membership = { machine, now in
                    var effects: [Membership.Effect] = []
                    while machine.deadline < now { effects += machine.tick(at: machine.deadline) }
                    return effects
                }
            }
        )
    }

    @Test func `whom others take for dead is asked first`() throws {
        try Self.expect(
            "because another one does",
            nodes: 4,
            [(15, .split([[0, 1], [2, 3]])), (30, .heal)],
            breaking: { sabotage in
                sabotage.hearing = { message, _, _ in
                    if case .sync(let records, _) = message {
                        .gossip(records.map { Rumor($0) })
                    } else {
                        message
                    }
                }
            }
        )
    }

    /// How long it takes until all know that a node leaves, while every rumor is lost; of several seeds together.
    private static func timeUntilKnown(_ options: MembershipOptions) -> Duration {
        var sum = Duration.zero
        for seed in UInt64(1)...8 {
            var world = World(nodes: 5, seed: seed, options: options)
            world.run(until: .seconds(20))
            world.sabotage.hearing = { message, _, _ in message.withoutRumors }
            world.drive(0) { membership, now in membership.leave(at: now) }
            world.run(until: .seconds(60))
            let seen = world.log.verdicts.filter { $0.about == 0 && $0.status == .leaving }
            #expect(Set(seen.map(\.by)) == [1, 2, 3, 4])
            sum += (seen.map(\.at).max() ?? .seconds(99)) - .seconds(20)
        }
        return sum
    }

    @Test func `where rumors are lost, comparing after each change tells all much sooner`() {
        var patient = MembershipOptions()
        patient.newsPause = .seconds(3600)
        let (soon, late) = (Self.timeUntilKnown(.init()), Self.timeUntilKnown(patient))
        #expect(soon < late * 2 / 3, "\(soon) against \(late)")
    }
}

extension MembershipMessage {
    /// The same with nothing said beside the matter.
    fileprivate var withoutRumors: MembershipMessage? {
        switch self {
        case .ping(let sequence, _): .ping(sequence: sequence, rumors: [])
        case .pingRequest(let sequence, let target, _):
            .pingRequest(sequence: sequence, target: target, rumors: [])
        case .ack(let sequence, var responder, _):
            .ack(sequence: sequence, responder: responder.asAlive(), rumors: [])
        case .gossip: nil
        case .nack, .sync, .placement: self
        }
    }
}

extension MemberRecord {
    fileprivate mutating func asAlive() -> MemberRecord {
        self.incarnation = 0
        self.status = .alive
        self.isLeaving = false
        return self
    }
}
