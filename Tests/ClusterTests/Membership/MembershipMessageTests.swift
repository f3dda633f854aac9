import Cluster
import Telemetry
import Testing

@Suite struct MembershipMessageTests {
    private static func record(_ random: inout SplitMix64) -> MemberRecord {
        var record = MemberRecord(
            node: .named("node-\(random.below(1000))"),
            epoch: random.next() >> UInt64(random.below(64)),
            run: random.next(),
            incarnation: UInt32(truncatingIfNeeded: random.next()),
            status: MemberStatus.allCases[random.below(5)],
            address: String(repeating: "x", count: random.below(200)),
            api: "10.0.0.\(random.below(256)):8900",
            zone: random.chance(perMille: 500) ? "" : "zone-é"
        )
        record.isLeaving = random.chance(perMille: 300)
        return record
    }

    private static func message(seed: UInt64) -> MembershipMessage {
        var random = SplitMix64(seed: seed)
        let sequence = UInt32(truncatingIfNeeded: random.next())
        let rumors = (0..<random.below(6)).map { _ in
            Rumor(
                Self.record(&random),
                accuser: random.chance(perMille: 500) ? nil : .named("a\(random.below(9))")
            )
        }
        switch seed % 7 {
        case 0: return .ping(sequence: sequence, rumors: rumors)
        case 1: return .pingRequest(sequence: sequence, target: .named("t"), rumors: rumors)
        case 2: return .ack(sequence: sequence, responder: Self.record(&random), rumors: rumors)
        case 3: return .nack(sequence: sequence)
        case 4: return .gossip(rumors)
        case 5:
            let replication = 1 + random.below(5)
            let parameters = PlacementParameters(
                version: random.next(),
                replication: replication,
                confirmations: 1 + random.below(replication)
            )
            return .placement(parameters ?? .standard)
        default: return .sync(rumors.map(\.record), isReply: random.chance(perMille: 500))
        }
    }

    @Test func `messages come back as they were`() throws {
        for seed in UInt64(0)..<600 {
            let message = Self.message(seed: seed)
            #expect(try MembershipMessage(message.encoded.raw) == message, "seed \(seed)")
        }
    }

    @Test func `every cut is refused, and so is anything behind the end`() {
        for seed in UInt64(0)..<12 {
            let bytes = Self.message(seed: seed).encoded
            for count in 0..<bytes.count {
                let cut = Array(bytes.prefix(count))
                #expect(throws: WireFailure.self, "seed \(seed), \(count) bytes") {
                    try MembershipMessage(cut.raw)
                }
            }
            #expect(throws: WireFailure.self) { try MembershipMessage((bytes + [0]).raw) }
        }
    }

    @Test func `unknown kinds, statuses, bad names and absurd counts are refused`() {
        var writer = ByteWriter()
        writer.byte(6)
        writer.varint(.max)
        let bad: [[UInt8]] = [
            [], [0], [8], [255, 1, 2, 3], writer.bytes, [6, 1, 1, 0x41], [2, 0, 0, 0, 0, 0, 0],
        ]
        for bytes in bad {
            #expect(throws: WireFailure.self, "\(bytes)") { try MembershipMessage(bytes.raw) }
        }
        let huge = Array(repeating: UInt8(0), count: MembershipMessage.bytesMax + 1)
        #expect(throws: WireFailure.self) { try MembershipMessage(huge.raw) }
    }

    @Test func `damage is refused or read, never trapped on`() {
        for seed in UInt64(0)..<4000 {
            var random = SplitMix64(seed: seed)
            var bytes = Self.message(seed: seed).encoded
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            _ = try? MembershipMessage(bytes.raw)
        }
    }
}
