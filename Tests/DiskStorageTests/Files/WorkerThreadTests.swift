import Synchronization
import Testing

@testable import DiskStorage

@Suite struct WorkerThreadTests {
    @Test func `jobs are done in their order`() async {
        let thread = WorkerThread("test")
        let seen = Mutex<[Int]>([])
        for number in 0..<1_000 { thread.enqueue { seen.withLock { $0.append(number) } } }
        await thread.run {}
        #expect(seen.withLock { $0 } == Array(0..<1_000))
        thread.stop()
    }

    @Test
    func `what was enqueued before a stop is done, what comes after is dropped and nobody waits for it`()
        async
    {
        let thread = WorkerThread("test")
        let seen = Mutex(0)
        for _ in 0..<100 { thread.enqueue { seen.withLock { $0 += 1 } } }
        await thread.run {}
        thread.stop()
        #expect(!thread.enqueue { seen.withLock { $0 += 1 } })
        await thread.run { seen.withLock { $0 += 1 } }
        thread.stop()
        #expect(seen.withLock { $0 } == 100)
    }
}
