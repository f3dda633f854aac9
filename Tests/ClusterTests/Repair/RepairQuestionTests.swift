import Telemetry
import TestSupport
import Testing

@testable import Cluster

@Suite struct RepairQuestionTests {
    private static func digest(_ random: inout SplitMix64) -> ChunkDigest {
        ChunkDigest(count: min(random.anyMagnitude(), ChunkDigest.countMax), sum: random.next())
    }

    private static func span(_ random: inout SplitMix64) -> BucketSpan {
        let isHour = random.one(in: 2)
        let start = UInt32(truncatingIfNeeded: random.anyMagnitude())
        return BucketSpan(
            partition: UInt16(random.below(Key.partitionCount)),
            start: isHour ? start / 60 * 60 : start,
            isHour: isHour
        )
    }

    private static func name(_ random: inout SplitMix64) -> ChunkName {
        let run = RunID(high: 1, low: UInt64(random.below(4)))
        return ChunkName(
            id: ChunkID(
                frame: FrameID(run: run, sequence: random.anyMagnitude()),
                key: Key(high: random.next(), low: random.next())
            ),
            created: ClusterTime(nanoseconds: random.anyMagnitude() / 1_000_000 * 1_000_000),
            stands: random.one(in: 4) ? Self.digest(&random) : nil
        )
    }

    private static func purges(_ random: inout SplitMix64) -> Tombstones {
        var purges = Tombstones()
        for _ in 0..<random.below(9) {
            let key = Key(high: random.next(), low: random.next())
            _ = purges.add(Tombstone(key, at: ClusterTime(nanoseconds: random.anyMagnitude())))
        }
        if random.one(in: 2) { _ = purges.add(before: ClusterTime(nanoseconds: random.anyMagnitude())) }
        return purges
    }

    private static func many<Value>(
        _ limit: Int,
        _ random: inout SplitMix64,
        _ make: (inout SplitMix64) -> Value
    ) -> [Value] {
        var values: [Value] = []
        for _ in 0..<random.below(limit + 1) { values.append(make(&random)) }
        return values
    }

    private static func questions(_ random: inout SplitMix64) -> [RepairQuestion] {
        let (one, other) = (UInt32(random.below(9_000)), UInt32(random.below(9_000)))
        let minutes = min(one, other)..<max(one, other)
        let partitions = Self.many(RepairQuestion.partitionsMax, &random) { $0.below(Key.partitionCount) }
        return [
            .partitions(PartitionSet(partitions), minutes: minutes),
            .spans(partitions.map { UInt16($0) }, minutes: minutes, minutesFrom: one),
            .names(Self.many(RepairQuestion.spansMax, &random) { Self.span(&$0) }),
            .chunks(Self.many(40, &random) { Self.name(&$0) }),
            .purges(digest: random.next()),
        ]
    }

    private static func answers(_ random: inout SplitMix64) -> [RepairAnswer] {
        [
            .partitions(
                Self.many(30, &random) {
                    PartitionDigest(partition: UInt16($0.below(Key.partitionCount)), digest: Self.digest(&$0))
                },
                floor: UInt32(truncatingIfNeeded: random.anyMagnitude())
            ),
            .spans(
                Self.many(30, &random) { SpanDigest(span: Self.span(&$0), digest: Self.digest(&$0)) }
            ),
            .names(Self.many(9, &random) { Self.many(9, &$0) { Self.name(&$0) } }),
            .chunks(Damage.noise(random.below(60), &random)),
            .purges(Self.purges(&random)),
        ]
    }

    @Test func `every question and answer comes back from its bytes, and every cut of it is refused`() throws
    {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            for question in Self.questions(&random) {
                let bytes = question.encoded
                #expect(RepairQuestion.isAsked(by: bytes))
                #expect(try RepairQuestion(bytes.raw) == question, "seed \(seed)")
                let cut = Array(bytes.prefix(random.below(bytes.count)))
                #expect(throws: WireFailure.self, "seed \(seed)") { try RepairQuestion(cut.raw) }
                #expect(throws: WireFailure.self, "seed \(seed)") { try RepairQuestion((bytes + [0]).raw) }
            }
            for answer in Self.answers(&random) {
                let bytes = answer.encoded
                #expect(try RepairAnswer(bytes.raw) == answer, "seed \(seed)")
                if case .chunks = answer { continue }
                let cut = Array(bytes.prefix(random.below(bytes.count)))
                #expect(throws: WireFailure.self, "seed \(seed)") { try RepairAnswer(cut.raw) }
                #expect(throws: WireFailure.self, "seed \(seed)") { try RepairAnswer((bytes + [0]).raw) }
            }
        }
    }

    @Test func `the bytes of version 1 never change`() {
        let span = BucketSpan(partition: 0x0102, start: 120, isHour: true)
        let name = ChunkName(
            id: ChunkID(frame: FrameID(run: RunID(high: 1, low: 2), sequence: 3), key: Key(high: 4, low: 5)),
            created: ClusterTime(nanoseconds: 6_000_000),
            stands: ChunkDigest(count: 7, sum: 8)
        )
        func fixed(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0, 0, 0, 0, 0] }
        let names: [UInt8] =
            [1] + fixed(1) + fixed(2) + [1, 0, 3] + fixed(4) + fixed(5) + [6, 1, 7] + fixed(8)
        #expect(RepairQuestion.names([span]).encoded == [0x82, 1, 3, 1, 2, 1, 120, 1])
        #expect(RepairQuestion.chunks([name]).encoded == [0x82, 1, 4] + names)
        #expect(
            RepairQuestion.spans([9], minutes: 1..<2, minutesFrom: 3).encoded
                == [0x82, 1, 2, 1, 9, 0, 1, 2, 3]
        )
        #expect(RepairAnswer.names([[name]]).encoded == [1, 3, 1] + names)
        let digest = PartitionDigest(partition: 9, digest: ChunkDigest(count: 2, sum: 3))
        #expect(RepairAnswer.partitions([digest], floor: 4).encoded == [1, 1, 4, 1, 9, 0, 2] + fixed(3))
    }

    @Test func `damaged bytes are refused or mean something that can be written again, and never trap`() {
        var random = SplitMix64(seed: Sweep.seed(11))
        for _ in 0..<Sweep.rounds(1500) {
            for question in Self.questions(&random) {
                let bytes = Damage.mutated(question.encoded, &random)
                guard let read = try? RepairQuestion(bytes.raw) else { continue }
                if case .names(let spans) = read { for span in spans { _ = span.wholeHour.minutes } }
                #expect((try? RepairQuestion(read.encoded.raw)) == read)
            }
            for answer in Self.answers(&random) {
                let bytes = Damage.mutated(answer.encoded, &random)
                if let read = try? RepairAnswer(bytes.raw) {
                    #expect((try? RepairAnswer(read.encoded.raw)) == read)
                }
            }
            let noise = Damage.noise(random.below(80), &random)
            _ = try? RepairQuestion(noise.raw)
            _ = try? RepairAnswer(noise.raw)
        }
    }

    @Test
    func `more chunks than any node holds are refused, of a bucket and of a chunk that stands for others`()
        throws
    {
        for count in [ChunkDigest.countMax, ChunkDigest.countMax + 1, .max] {
            let digest = ChunkDigest(count: count, sum: 1)
            let span = BucketSpan(partition: 1, start: 60, isHour: true)
            let id = ChunkID(
                frame: FrameID(run: RunID(high: 1, low: 2), sequence: 3),
                key: Key(high: 4, low: 5)
            )
            let name = ChunkName(id: id, created: ClusterTime(nanoseconds: 6_000_000), stands: digest)
            let answers: [RepairAnswer] = [
                .partitions([PartitionDigest(partition: 1, digest: digest)], floor: 0),
                .spans([SpanDigest(span: span, digest: digest)]), .names([[name]]),
            ]
            for answer in answers {
                if count == ChunkDigest.countMax {
                    #expect(try RepairAnswer(answer.encoded.raw) == answer)
                } else {
                    #expect(throws: WireFailure.self) { try RepairAnswer(answer.encoded.raw) }
                }
            }
        }
    }

    @Test func `lengths that cannot be are refused before memory is taken`() {
        let many: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
        let runs = [UInt8](repeating: 0, count: 16)
        let questions: [[UInt8]] = [
            [0x82, 1, 2] + many, [0x82, 1, 2, 65], [0x82, 1, 3] + many, [0x82, 1, 3, 0x81, 2],
            [0x82, 1, 4] + many, [0x82, 1, 4, 1] + runs + many, [0x82, 1, 4, 1] + runs + [0x81, 8],
        ]
        for bytes in questions {
            #expect(throws: WireFailure.self, "\(bytes)") { try RepairQuestion(bytes.raw) }
        }
        let answers: [[UInt8]] = [
            [1, 1, 0] + many, [1, 1, 0, 0x81, 8], [1, 2] + many, [1, 3] + many, [1, 3, 1] + many,
            [1, 3, 1, 1] + runs + many,
        ]
        for bytes in answers {
            #expect(throws: WireFailure.self, "\(bytes)") { try RepairAnswer(bytes.raw) }
        }
    }

    @Test func `other versions, kinds, partitions and hours are refused`() {
        let zeros = [UInt8](repeating: 0, count: 130)
        for bytes in [
            [0x82, 2, 1] + zeros, [0x82, 0, 1] + zeros, [0x81, 1, 1] + zeros, [0x82, 1, 9], [0x82, 1, 0],
            [], [0x82], [0x82, 1], [0x82, 1, 3, 1, 0, 4, 0, 0], [0x82, 1, 3, 1, 0, 0, 1, 1],
            [0x82, 1, 3, 1, 0, 0, 0, 2], [0x82, 1, 2, 1, 0, 4, 0, 1, 0], [0x82, 1, 2, 1, 0, 0, 2, 1, 0],
        ] as [[UInt8]] {
            #expect(throws: WireFailure.self, "\(bytes.prefix(9))") { try RepairQuestion(bytes.raw) }
        }
        #expect(throws: Never.self) { try RepairQuestion(([0x82, 1, 1] + zeros).raw) }
    }

    @Test func `a set of partitions is a set`() {
        var random = SplitMix64(seed: 5)
        var set = PartitionSet()
        var model: Set<Int> = []
        for _ in 0..<2000 {
            let partition = random.below(1100) - 20
            if random.one(in: 3) {
                set.remove(partition)
                model.remove(partition)
            } else {
                set.insert(partition)
                if (0..<Key.partitionCount).contains(partition) { model.insert(partition) }
            }
            #expect(set.contains(partition) == model.contains(partition))
        }
        #expect(set.all == model.sorted() && set.count == model.count)
    }
}
