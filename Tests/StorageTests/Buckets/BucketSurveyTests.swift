import Storage
import Telemetry
import TestSupport
import Testing

@Suite struct BucketSurveyTests {
    /// The same chunks dealt out to tables of any granularity, and to one that is being written.
    private static func added(
        _ names: [ChunkName],
        to empty: BucketSurvey,
        _ random: inout SplitMix64
    )
        -> BucketSurvey
    {
        var survey = empty
        var rest = names.shuffled(using: &random)[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(1 + random.below(40)))
            rest = rest.dropFirst(part.count)
            let builder = BucketTableTests.builder(part)
            if random.one(in: 3) {
                survey.add(builder)
            } else {
                // Older than whatever is asked minute by minute.
                survey.add(builder.table(hoursBefore: random.one(in: 2) ? 28_000_140 : 0))
            }
        }
        return survey
    }

    @Test func `however chunks lie in segments, nodes tell the same digests of them`() {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let names = BucketTableTests.names(1 + random.below(200), &random)
            let partitions = Array(Set(names.map(\.id.key.partition))).sorted()
            let minutes: Range<UInt32> = 28_000_020..<28_000_320
            let survey = Self.added(names, to: BucketSurvey(partitions, in: minutes), &random)
            let told = Dictionary(
                uniqueKeysWithValues: survey.partitionDigests.map { ($0.partition, $0.digest) }
            )
            for partition in partitions {
                let expected = BucketTableTests.digest(names, of: partition, in: minutes)
                #expect(told[partition] == expected, "seed \(seed)")
            }
            let spans = Self.added(
                names,
                to: BucketSurvey(partitions, in: minutes, minutesFrom: 28_000_200),
                &random
            ).spanDigests
            #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.span < $1.span })
            for (span, digest) in spans {
                #expect(span.isHour == (span.start < 28_000_200), "seed \(seed)")
                let expected = BucketTableTests.digest(names, of: Int(span.partition), in: span.minutes)
                #expect(digest == expected, "seed \(seed)")
            }
        }
    }

    @Test func `what is given away is left out, by the minute and by the hour`() {
        var random = SplitMix64(seed: 3)
        let names = BucketTableTests.names(200, &random)
        let given = Set(
            names.prefix(20).map { name in
                let span = BucketSpan(name.id.key, created: name.created)
                return random.one(in: 2) ? span : span.wholeHour
            }
        )
        let left = names.filter { name in
            let span = BucketSpan(name.id.key, created: name.created)
            return !given.contains(span) && !given.contains(span.wholeHour)
        }
        var survey = BucketSurvey(0..<Key.partitionCount, in: 0..<UInt32.max, leavingOut: given)
        survey.add(BucketTableTests.builder(names))
        for (partition, digest) in survey.partitionDigests {
            #expect(digest == BucketTableTests.digest(left, of: partition, in: 0..<UInt32.max))
        }
        #expect(left.count < names.count)
    }

    @Test func `partitions that are none are passed over`() {
        let survey = BucketSurvey([-1, Key.partitionCount, .max], in: 0..<UInt32.max)
        #expect(survey.partitionDigests.isEmpty && survey.spanDigests.isEmpty)
    }
}
