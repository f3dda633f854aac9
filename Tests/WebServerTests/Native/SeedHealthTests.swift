import Testing
import WebServer

@Suite struct SeedHealthTests {
    @Test(
        arguments: [
            (0, 0, 100), (1, 0, 95), (4, 0, 80), (5, 0, 75), (9, 0, 55), (10, 0, 50), (11, 0, 50),
            (.max, 0, 50),
            (0, 5, 100), (0, 6, 80), (1, 6, 75), (10, 6, 30), (.max, .max, 30),
        ] as [(UInt64, Int, Int)]
    )
    func `the seed's formula at its edges`(errors: UInt64, bottlenecks: Int, score: Int) {
        let health = SeedHealth(errorCount: errors, bottleneckCount: bottlenecks, isInitialised: true)
        #expect(health.score == score)
        #expect(health.status == (score < 50 ? .unhealthy : score < 80 ? .degraded : .healthy))
    }

    @Test func `before anything runs the score is zero`() {
        #expect(SeedHealth(errorCount: 0, bottleneckCount: 0, isInitialised: false).score == 0)
        #expect(SeedHealth(errorCount: 0, bottleneckCount: 0, isInitialised: false).status == .unhealthy)
    }
}
