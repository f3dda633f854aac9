import Telemetry
import Testing

@testable import Cluster

/// Summaries and updates of shared credentials, as bytes.
@Suite struct CredentialMessageTests {
    private static func summary(_ random: inout SplitMix64) -> CredentialSummary {
        let tokens = (0..<CredentialSummary.bucketCount).map { _ in random.next() }
        return CredentialSummary(
            list: random.chance(perMille: 700) ? random.next() >> UInt64(random.below(64)) : nil,
            tokens: random.chance(perMille: 700) ? tokens : nil
        )
    }

    private static func bytes(_ random: inout SplitMix64, _ count: Int) -> [UInt8] {
        (0..<random.below(count)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    @Test func `summaries and updates come back as they were, and every cut is refused`() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<50 {
            let summary = Self.summary(&random)
            #expect(try CredentialSummary(summary.encoded.raw) == summary)
            #expect(try CredentialSummary((summary.encoded + [7, 7]).raw) == summary)
            #expect(summary.encoded.count <= PeerProtocol.summaryBytesMax)
            for count in 0..<summary.encoded.count {
                let cut = Array(summary.encoded.prefix(count))
                #expect(throws: WireFailure.self) { try CredentialSummary(cut.raw) }
            }
            let update = CredentialUpdate(
                list: random.chance(perMille: 500) ? Self.bytes(&random, 300) : nil,
                tokens: (0..<random.below(4)).map { _ in Self.bytes(&random, 90) }
            )
            #expect(try CredentialUpdate(update.encoded.raw) == update)
            for count in 0..<update.encoded.count {
                let cut = Array(update.encoded.prefix(count))
                #expect(throws: WireFailure.self) { try CredentialUpdate(cut.raw) }
            }
        }
    }

    @Test func `an update that is too long in any part is refused`() {
        let largest = CredentialUpdate(tokens: [[UInt8](repeating: 1, count: CredentialUpdate.tokenBytesMax)])
        #expect((try? CredentialUpdate(largest.encoded.raw)) == largest)
        let long = CredentialUpdate(tokens: [[UInt8](repeating: 1, count: 1025)])
        let many = CredentialUpdate(tokens: Array(repeating: [], count: 10_001))
        let list = CredentialUpdate(list: [UInt8](repeating: 1, count: CredentialUpdate.listBytesMax + 1))
        for update in [long, many, list] {
            let bytes = update.encoded
            #expect(throws: WireFailure.self) { try CredentialUpdate(bytes.raw) }
        }
        // A count that promises more than there is room for costs no memory.
        #expect(throws: WireFailure.self) { try CredentialUpdate([0, 0xff, 0xff, 0xff, 0x7f].raw) }
    }

    @Test func `somebody lacks a list of a higher number, and tokens that differ`() {
        func summary(_ list: UInt64?, _ tokens: [Int: UInt64]? = [:]) -> CredentialSummary {
            CredentialSummary(list: list, tokens: tokens.map { digests in (0..<16).map { digests[$0] ?? 0 } })
        }
        #expect(
            summary(3).lacks(summary(4)) && !summary(4).lacks(summary(3)) && !summary(4).lacks(summary(4))
        )
        // Who keeps no list wants none; whoever has none can give none.
        #expect(!summary(nil).lacks(summary(4)) && !summary(0).lacks(summary(nil)))
        #expect(summary(1, [2: 5, 15: 1]).buckets(differingFrom: summary(1, [2: 6, 0: 1])) == [0, 2, 15])
        #expect(summary(1, [2: 5]).lacks(summary(1)) && summary(1).lacks(summary(1, [2: 5])))
        #expect(!summary(1, nil).lacks(summary(1, [2: 5])) && !summary(1, [2: 5]).lacks(summary(1, nil)))
        #expect(CredentialSummary(list: 1, tokens: [1, 2]).tokens == nil)
    }
}
