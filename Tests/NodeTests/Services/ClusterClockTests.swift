import Telemetry
import Testing

@testable import Node

@Suite struct ClusterClockTests {
    private static let hour: Int64 = 3_600_000_000_000

    @Test(arguments: [hour * 5, -hour * 5, 2_100_000_000, -2_100_000_000])
    func `the cluster's time is followed, ahead or behind, once and for all`(difference: Int64) {
        let clock = ClusterClock()
        #expect(clock.agreesWithWall)
        let before = Int64(clamping: clock.now().nanoseconds)
        #expect(clock.follow(nanosecondsAhead: difference))
        let moved = Int64(clamping: clock.now().nanoseconds) - before - difference
        #expect((0..<1_000_000_000).contains(moved))
        #expect(!clock.agreesWithWall && abs(clock.wallNanosecondsAhead + difference) < 1_000_000_000)
        // The wall clock of a host whose cluster has another time counts no more.
        #expect(clock.adjust() == 0 && !clock.agreesWithWall)
    }

    @Test(arguments: [0, 1_900_000_000, -1_900_000_000] as [Int64])
    func `a small difference is left alone`(difference: Int64) {
        let clock = ClusterClock()
        #expect(!clock.follow(nanosecondsAhead: difference))
        #expect(clock.agreesWithWall && abs(clock.wallNanosecondsAhead) < 1_000_000_000)
    }

    @Test(arguments: [Int64.min, .max])
    func `no difference, however wrong, ends the process`(difference: Int64) {
        #expect(ClusterClock().follow(nanosecondsAhead: difference))
    }
}
