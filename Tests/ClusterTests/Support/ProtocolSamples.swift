import Telemetry

@testable import Cluster

/// Messages of every kind, from a seed.
enum ProtocolSamples {
    static func greeting(
        _ role: Role = .collector,
        _ name: String = "n1",
        cluster: String = "0011223344556677",
        run: UInt64 = 1,
        placement: PlacementParameters? = .standard
    ) -> Greeting {
        guard let identity = Identity(role, name) else { preconditionFailure("\(name) is no name") }
        return Greeting(
            cluster: cluster,
            identity: identity,
            run: RunID(high: 0x1122_3344_5566_7788, low: run),
            epoch: 3,
            placement: role == .agent ? nil : placement,
            clock: ClusterTime(nanoseconds: 1_000_000_007)
        )
    }

    static func text(_ random: inout SplitMix64, _ count: Int) -> String {
        String((0..<random.below(count + 1)).map { _ in "abc.-019äß".randomElement(using: &random) ?? "a" })
    }

    static func record(_ random: inout SplitMix64) -> MemberRecord {
        var record = MemberRecord(
            node: .named("n\(random.below(40))"),
            epoch: random.next() >> UInt64(random.below(64)),
            run: random.next(),
            incarnation: UInt32(truncatingIfNeeded: random.next()),
            status: MemberStatus.allCases[random.below(MemberStatus.allCases.count)],
            address: Self.text(&random, 20),
            api: Self.text(&random, 20),
            zone: Self.text(&random, 5)
        )
        record.isLeaving = random.chance(perMille: 300)
        return record
    }

    static func view(_ random: inout SplitMix64) -> ClusterView {
        let count = random.below(6)
        return ClusterView((0..<count).map { _ in Self.record(&random) }, Self.parameters(&random))
    }

    static func parameters(_ random: inout SplitMix64) -> PlacementParameters {
        let replication = 1 + random.below(5)
        return PlacementParameters(
            version: random.next(),
            replication: replication,
            confirmations: 1 + random.below(replication)
        ) ?? .standard
    }

    static func hello(_ random: inout SplitMix64) -> Hello {
        let purpose = ConnectionPurpose.allCases[random.below(3)]
        let role = Role.allCases[random.below(3)]
        var greeting = Self.greeting(
            role,
            "n\(random.below(9))",
            cluster: Self.text(&random, 16),
            run: random.next()
        )
        greeting.epoch = random.next() >> UInt64(random.below(64))
        greeting.frameVersion = UInt16(random.below(9))
        if role != .agent { greeting.placement = Self.parameters(&random) }
        let record = random.chance(perMille: 500) ? Self.record(&random) : nil
        return Hello(purpose, greeting, record: record, versions: 1...UInt16(1 + random.below(5)))
    }

    static func welcome(_ random: inout SplitMix64) -> Welcome {
        Welcome(
            version: UInt16(random.below(9)),
            Self.hello(&random).greeting,
            window: random.next() >> UInt64(random.below(64)),
            view: Self.view(&random),
            known: random.chance(perMille: 500) ? Self.record(&random) : nil
        )
    }
}
