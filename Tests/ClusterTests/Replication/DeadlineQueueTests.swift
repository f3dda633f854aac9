import Testing

@testable import Cluster

/// What falls due in the order in which it was added.
@Suite struct DeadlineQueueTests {
    @Test func `entries come out in their order, without the dead at the front`() {
        var queue = DeadlineQueue<Int>()
        for number in 0..<10 { queue.add(number, due: .seconds(number)) { _ in true } }
        queue.trim { $0.item >= 3 }
        #expect(queue.first == .init(at: .seconds(3), item: 3) && queue.count == 7)
        for number in 3..<10 {
            #expect(queue.first?.item == number)
            queue.removeFirst()
        }
        queue.removeFirst()
        #expect(queue.first == nil && queue.count == 0)
    }

    @Test func `the dead behind a living one do not pile up`() {
        var queue = DeadlineQueue<Int>()
        var most = 0
        for number in 0..<10_000 {
            queue.add(number, due: .seconds(number)) { $0.item == 0 || $0.item > number - 10 }
            most = max(most, queue.count)
        }
        #expect(queue.first?.item == 0 && most <= 2 * 10 + 64)
    }

    @Test func `taking from the front keeps what is behind`() {
        var queue = DeadlineQueue<Int>()
        var next = 0
        for number in 0..<1000 {
            queue.add(number, due: .seconds(number)) { _ in true }
            guard number % 3 != 0 else { continue }
            #expect(queue.first?.item == next)
            queue.removeFirst()
            next += 1
        }
        #expect(queue.count == 1000 - next)
    }
}
