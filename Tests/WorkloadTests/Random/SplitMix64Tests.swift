import Telemetry
import Testing

@testable import Workload

@Suite struct SplitMix64Tests {
    @Test func `the numbers are those of the reference implementation`() {
        var random = SplitMix64(seed: 1_234_567)
        let numbers = (0..<5).map { _ in random.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ]
        )
    }

    @Test func `a fork neither repeats its parent nor another fork`() {
        var random = SplitMix64(seed: 3)
        var first = random.fork()
        var second = random.fork()
        let numbers = (0..<1_000).flatMap { _ in [random.next(), first.next(), second.next()] }
        #expect(Set(numbers).count == 3_000)
    }

    @Test(arguments: [1, 2, 3, 10, 1_000, Int.max]) func `a draw stays below its limit`(limit: Int) {
        var random = SplitMix64(seed: UInt64(limit))
        #expect((0..<1_000).allSatisfy { _ in (0..<limit).contains(random.below(limit)) })
    }

    @Test(arguments: [0, -1, Int.min]) func `a limit that is not positive gives zero`(limit: Int) {
        var random = SplitMix64(seed: 1)
        #expect(random.below(limit) == 0)
    }

    @Test func `each number below a limit comes about as often`() {
        var random = SplitMix64(seed: 11)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[random.below(10)] += 1 }
        // Ten standard deviations are 949.
        #expect(counts.allSatisfy { (9_051...10_949).contains($0) }, "seed 11: \(counts)")
    }

    @Test func `a range is drawn to both its ends`() {
        var random = SplitMix64(seed: 5)
        #expect(Set((0..<200).map { _ in random.within(-2...2) }) == [-2, -1, 0, 1, 2])
        #expect(random.within(7...7) == 7)
        #expect(random.within(Int.min...Int.max) == Int.min)
        #expect(random.within(0...Int.max) == 0)
    }

    @Test func `a chance of all or nothing is certain`() {
        var random = SplitMix64(seed: 5)
        #expect((0..<1_000).allSatisfy { _ in random.chance(perMille: 1_000) })
        #expect(!(0..<1_000).contains { _ in random.chance(perMille: 0) })
    }

    @Test func `the normal distribution has mean zero and deviation one`() {
        var random = SplitMix64(seed: 21)
        let draws = (0..<50_000).map { _ in random.standardNormal() }
        let mean = draws.reduce(0, +) / 50_000
        let variance = draws.reduce(0) { $0 + $1 * $1 } / 50_000
        #expect(abs(mean) < 0.03, "seed 21")
        #expect(abs(variance - 1) < 0.05, "seed 21")
        #expect(draws.allSatisfy { abs($0) <= 6 })
    }

    @Test func `a log-normal draw has its median and its spread`() {
        var random = SplitMix64(seed: 22)
        let draws = (0..<50_000).map { _ in random.logNormal(median: 8, spread: 0.5) }.sorted()
        #expect(abs(draws[25_000] / 8 - 1) < 0.02, "seed 22")
        // One deviation above the median: e^0.5.
        #expect(abs(draws[42_067] / draws[25_000] / 1.648_7 - 1) < 0.03, "seed 22")
    }

    @Test func `a power of two is exact at whole numbers and close between`() {
        #expect(SplitMix64.powerOfTwo(10) == 1_024)
        #expect(SplitMix64.powerOfTwo(-3) == 0.125)
        #expect(abs(SplitMix64.powerOfTwo(0.5) - 2.0.squareRoot()) < 1e-6)
        #expect(abs(SplitMix64.powerOfTwo(0.999_999) - 2) < 1e-5)
        #expect(SplitMix64.powerOfTwo(.infinity) == 0x1p1000)
        #expect(SplitMix64.powerOfTwo(-.infinity) == 0x1p-1000)
    }

    @Test func `ids are never zero and never the same`() {
        var random = SplitMix64(seed: 9)
        let ids = (0..<10_000).map { _ in random.spanID() }
        #expect(Set(ids).count == 10_000)
        #expect(ids.allSatisfy { $0.isValid })
        #expect((0..<1_000).allSatisfy { _ in random.traceID().isValid })
    }
}
