import Testing

@testable import Cluster

@Suite struct RumorQueueTests {
    @Test func `of one member only the newest rumor is told`() {
        var queue = RumorQueue()
        queue.add(Rumor(.named("a")))
        queue.add(Rumor(.named("b")))
        queue.add(Rumor(.named("a", incarnation: 1)))
        let taken = queue.take(9, tellingsMax: 3).map(\.record)
        #expect(taken == [.named("a", incarnation: 1), .named("b")])
    }

    @Test func `the least told go first, and each leaves after its tellings`() {
        var queue = RumorQueue()
        for name in ["a", "b", "c"] { queue.add(Rumor(.named(name))) }
        var told: [String: Int] = [:]
        for _ in 0..<6 {
            for rumor in queue.take(2, tellingsMax: 4) { told[rumor.record.node.text, default: 0] += 1 }
        }
        #expect(told == ["a": 4, "b": 4, "c": 4])
        let rest = queue.take(2, tellingsMax: 4)
        #expect(queue.isEmpty && rest.isEmpty)
    }
}
