import Telemetry
import Testing

@testable import Cluster

@Suite struct VerificationTests {
    private static let names = ["a", "b", "c"].map { NodeID.named($0) }
    private static let placement = RepairWorld.placement(Self.names, 2)

    /// What each owner of each partition holds, where all is well.
    private static var sound: [NodeID: [PartitionDigest]] {
        var answers = Dictionary(uniqueKeysWithValues: Self.names.map { ($0, [PartitionDigest]()) })
        for partition in 0..<Key.partitionCount {
            let digest = ChunkDigest(count: 2, sum: UInt64(partition))
            for owner in Self.placement.owners(of: partition) {
                answers[owner]?.append(PartitionDigest(partition: UInt16(partition), digest: digest))
            }
        }
        return answers
    }

    private static func verification(
        _ answers: [NodeID: [PartitionDigest]],
        missing: [NodeID] = []
    ) -> Verification {
        Verification(Self.placement, minutes: 0..<100, answers, missing: missing)
    }

    @Test func `owners that hold the same are clean, and each chunk counts once`() {
        let verification = Self.verification(Self.sound)
        #expect(verification.status == .clean && verification.chunks == UInt64(2 * Key.partitionCount))
        #expect(
            verification.unequal.isEmpty && verification.foreign.isEmpty && verification.thinPartitions == 0
        )
        #expect(Self.verification([:], missing: Self.names).status == .incomplete)
    }

    @Test func `a digest that differs is found wherever it is, and one that lacks`() throws {
        for partition in stride(from: 0, to: Key.partitionCount, by: 37) {
            for owner in Self.placement.owners(of: partition) {
                var answers = Self.sound
                let place = try #require(answers[owner]?.firstIndex { Int($0.partition) == partition })
                answers[owner]?[place].digest.sum ^= 1
                #expect(Self.verification(answers).unequal == [UInt16(partition)])
                answers[owner]?.remove(at: place)
                #expect(Self.verification(answers).unequal == [UInt16(partition)])
                #expect(Self.verification(answers).status == .unequal)
            }
        }
    }

    @Test func `who does not answer is missing, and what is left is compared`() {
        var answers = Self.sound
        answers[Self.names[1]] = nil
        let verification = Self.verification(answers, missing: [Self.names[1]])
        #expect(verification.status == .incomplete && verification.missing == [Self.names[1]])
        let owned = (0..<Key.partitionCount).count { Self.placement.isOwner(Self.names[1], of: $0) }
        #expect(verification.thinPartitions == owned && verification.unequal.isEmpty)
    }

    @Test func `what others own is told, and makes nothing unequal`() throws {
        var answers = Self.sound
        let partition = try #require(
            (0..<Key.partitionCount).first { !Self.placement.isOwner(Self.names[2], of: $0) }
        )
        let digest = ChunkDigest(count: 5, sum: 1)
        answers[Self.names[2]]?.append(PartitionDigest(partition: UInt16(partition), digest: digest))
        var verification = Self.verification(answers)
        #expect(verification.unequal == [] && verification.status == .clean)
        #expect(verification.foreign == [.init(node: Self.names[2], partitions: 1, chunks: 5)])
        // It may be less than its owners hold, or more: names tell.
        let number = UInt16(partition)
        #expect(verification.doubts == [.init(node: Self.names[2], partitions: [number])])
        verification.addUndelivered([])
        #expect(verification.status == .clean)
        verification.addUndelivered([number])
        #expect(verification.status == .undelivered && verification.undelivered == [number])
        // What its owners hold too is in no doubt.
        let same = try #require(
            Self.sound[Self.placement.owners(of: partition)[0]]?.first { $0.partition == number }
        )
        answers[Self.names[2]]?.removeLast()
        answers[Self.names[2]]?.append(same)
        #expect(Self.verification(answers).doubts == [] && Self.verification(answers).foreign.count == 1)
    }

    @Test func `fewer nodes than copies are incomplete`() {
        let verification = Verification(
            RepairWorld.placement([Self.names[0]], 2),
            minutes: 0..<100,
            [Self.names[0]: []],
            missing: []
        )
        #expect(verification.status == .incomplete && verification.thinPartitions == Key.partitionCount)
    }

    @Test func `counts that are as large as numbers go are added without a trap`() {
        let answers = Self.sound.mapValues { digests in
            digests.map { PartitionDigest(partition: $0.partition, digest: ChunkDigest(count: .max, sum: 1)) }
        }
        #expect(Self.verification(answers).chunks == .max)
    }

    @Test func `hours and minutes that differ are listed with what each owner holds, up to a bound`() throws {
        let partition = 5
        let owners = Self.placement.owners(of: partition)
        func spans(_ count: Int, _ sum: UInt64) -> [SpanDigest] {
            (0..<count).map { minute in
                let span = BucketSpan(partition: UInt16(partition), start: UInt32(minute), isHour: false)
                return SpanDigest(span: span, digest: ChunkDigest(count: 1, sum: sum))
            }
        }
        var verification = Self.verification(Self.sound)
        verification.add([owners[0]: spans(3, 1), owners[1]: spans(2, 1)])
        let difference = try #require(verification.differences.first)
        #expect(verification.differences.count == 1 && difference.span.start == 2)
        #expect(difference.holdings.map(\.node) == owners)
        #expect(difference.holdings.map(\.digest.count) == [1, 0])
        verification.add([owners[0]: spans(2_000, 1), owners[1]: spans(2_000, 2)])
        #expect(verification.differences.count == Verification.differencesMax)
    }
}
