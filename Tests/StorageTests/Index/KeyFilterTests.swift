import Storage
import Telemetry
import Testing
import Workload

@Suite struct KeyFilterTests {
    private static func keys(_ count: Int, seed: UInt64) -> [Key] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in Key(high: random.next(), low: random.next()) }
    }

    @Test(arguments: [0, 1, 7, 1000, 20_000])
    func `a key that was inserted is never missed`(_ count: Int) {
        let keys = Self.keys(count, seed: 1)
        var filter = KeyFilter(keyCount: count)
        for key in keys { filter.insert(key) }
        #expect(keys.allSatisfy { filter.mayContain($0) })
        #expect(KeyFilter(words: filter.bits) == filter)
    }

    @Test func `about one absent key of a hundred and twenty looks present`() {
        var filter = KeyFilter(keyCount: 20_000)
        for key in Self.keys(20_000, seed: 2) { filter.insert(key) }
        let hits = Self.keys(100_000, seed: 3).count { filter.mayContain($0) }
        #expect(hits < 1_300, "\(hits) of 100,000")
    }

    @Test func `keys that differ in one word alone are told apart`() {
        var filter = KeyFilter(keyCount: 2_000)
        for number in UInt64(0)..<1_000 {
            filter.insert(Key(high: number, low: 0))
            filter.insert(Key(high: 0, low: number))
        }
        let hits = (1_000...11_000).count {
            filter.mayContain(Key(high: $0, low: 0)) || filter.mayContain(Key(high: 0, low: $0))
        }
        #expect(hits < 600, "\(hits) of 20,000")
    }

    @Test func `an empty filter contains nothing`() {
        let filter = KeyFilter(words: [])
        #expect(Self.keys(100, seed: 4).allSatisfy { !filter.mayContain($0) })
    }
}
