import Telemetry
import Testing

@testable import HostSensors

@Suite struct TopSelectionTests {
    @Test func `the highest come first and zeros never`() {
        let chosen = TopSelection.choose(3, from: [(1, 0), (2, 5), (3, 9), (4, 1), (5, 7)], previous: [])
        #expect(chosen == [3, 5, 2])
        #expect(TopSelection.choose(3, from: [(1, 0)], previous: [1]).isEmpty)
        #expect(TopSelection.choose(0, from: [(1, 1)], previous: []).isEmpty)
    }

    @Test func `a newcomer must exceed a member by a quarter`() {
        let candidates: [(id: Int32, value: Double)] = [(1, 10), (2, 12)]
        #expect(TopSelection.choose(1, from: candidates, previous: [1]) == [1])
        #expect(TopSelection.choose(1, from: [(1, 10), (2, 13)], previous: [1]) == [2])
        #expect(TopSelection.choose(1, from: candidates, previous: []) == [2])
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `the order of the candidates does not matter`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var candidates = (1...40).map {
            (id: Int32($0), value: Double(Int.random(in: 0...9, using: &random)))
        }
        let previous = Set((1...40).filter { _ in Bool.random(using: &random) }.map { Int32($0) })
        let expected = TopSelection.choose(10, from: candidates, previous: previous)
        for _ in 0..<20 {
            candidates.shuffle(using: &random)
            #expect(TopSelection.choose(10, from: candidates, previous: previous) == expected)
        }
    }
}
