import Telemetry
import Testing
import Workload

@testable import Storage

@Suite struct MergePlanTests {
    private static let hour: UInt64 = 3_600_000_000_000
    private static let day = 24 * Self.hour
    private static let settling: UInt64 = 600_000_000_000

    private static func candidate(
        _ id: UInt64,
        level: Int = 0,
        at time: UInt64,
        bytes: Int = 10
    ) -> MergePlan.Candidate {
        MergePlan.Candidate(id: id, level: level, oldest: ClusterTime(nanoseconds: time), bytes: bytes)
    }

    private static func time(_ nanoseconds: UInt64) -> ClusterTime { ClusterTime(nanoseconds: nanoseconds) }

    @Test func `segments of an hour are merged once it has ended and settled`() {
        let segments = [Self.candidate(2, at: Self.hour + 1), Self.candidate(1, at: Self.hour)]
        let end = 2 * Self.hour + Self.settling
        #expect(MergePlan().next(segments, at: Self.time(end - 1)) == nil)
        #expect(MergePlan().next(segments, at: Self.time(end)) == .some(.init(ids: [1, 2], level: 1)))
        #expect(MergePlan().next(segments, at: Self.time(0), isForced: true)?.ids == [1, 2])
    }

    @Test func `segments of an hour's level are merged by the day, and that once more when it is old`() {
        let segments = [
            Self.candidate(5, level: 1, at: Self.day),
            Self.candidate(6, level: 1, at: Self.day + 5 * Self.hour),
            Self.candidate(7, level: 2, at: Self.day),
        ]
        let end = 2 * Self.day + Self.settling
        #expect(MergePlan().next(segments, at: Self.time(end - 1)) == nil)
        #expect(MergePlan().next(segments, at: Self.time(end)) == .some(.init(ids: [5, 6], level: 2)))
        let plan = MergePlan(finalAge: 5 * Self.day)
        let old = 7 * Self.day + Self.settling
        #expect(plan.next([segments[2]], at: Self.time(old - 1), isForced: true) == nil)
        #expect(plan.next([segments[2]], at: Self.time(old)) == .some(.init(ids: [7], level: 3)))
        #expect(
            plan.next([Self.candidate(8, level: 3, at: Self.day)], at: Self.time(.max), isForced: true) == nil
        )
    }

    @Test func `many segments are merged before their hour ends`() {
        let segments = (1...24).map { Self.candidate($0, at: Self.hour) }
        #expect(MergePlan().next(Array(segments.dropLast()), at: Self.time(Self.hour)) == nil)
        #expect(MergePlan().next(segments, at: Self.time(Self.hour))?.ids.count == 24)
    }

    @Test func `a merge stops before it grows too large, and one too large alone is rewritten alone`() {
        let plan = MergePlan(bytesMax: 25, segmentsMax: 2)
        let small = (1...4).map { Self.candidate($0, at: 0) }
        #expect(plan.next(small, at: Self.time(.max))?.ids == [1, 2])
        let large = [Self.candidate(1, at: 0, bytes: 99), Self.candidate(2, at: 0)]
        #expect(plan.next(large, at: Self.time(.max))?.ids == [1])
    }

    @Test func `forced merges of any segments come to an end with every segment at the level of a day`() {
        for seed in UInt64(1)...50 {
            var random = SplitMix64(seed: seed)
            let plan = MergePlan(bytesMax: 1 + random.below(60), segmentsMax: 2)
            var segments = (1...UInt64(1 + random.below(30))).map { id in
                Self.candidate(id, level: random.below(3), at: random.next() >> UInt64(random.below(24)))
            }
            var steps = 0
            while let step = plan.next(segments, at: Self.time(0), isForced: true), steps < 200 {
                let parts = segments.filter { step.ids.contains($0.id) }
                #expect(parts.count == step.ids.count && Set(parts.map(\.level)) == [step.level - 1])
                segments.removeAll { step.ids.contains($0.id) }
                let oldest = parts.map(\.oldest).min() ?? Self.time(0)
                segments.append(
                    MergePlan.Candidate(id: UInt64(100 + steps), level: step.level, oldest: oldest, bytes: 10)
                )
                steps += 1
            }
            #expect(steps < 200 && segments.allSatisfy { $0.level == 2 }, "seed \(seed)")
        }
    }

    @Test func `a creation time at the end of the scale does not trap`() {
        let plan = MergePlan(finalAge: .max)
        #expect(plan.next([Self.candidate(1, level: 2, at: .max)], at: Self.time(.max)) == nil)
        #expect(MergePlan().next([Self.candidate(1, at: .max)], at: Self.time(.max)) == nil)
        #expect(MergePlan().next([Self.candidate(1, at: .max)], at: Self.time(0), isForced: true) != nil)
        #expect(MergePlan().next([], at: Self.time(.max)) == nil)
    }
}
