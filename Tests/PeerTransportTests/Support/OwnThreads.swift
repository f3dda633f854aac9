import NIOPosix
import Testing

/// Runs the tests of a suite on threads of their own.
///
/// A greeting has to come within seconds. The long computations of other tests hold the few threads of the shared pool
/// for longer than that.
struct OwnThreads: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadExecutor.shared) { try await body() }
    }
}

extension Trait where Self == OwnThreads {
    /// On threads of their own, whatever the shared pool is busy with.
    static var ownThreads: Self { OwnThreads() }
}

private final class ThreadExecutor: TaskExecutor {
    static let shared = ThreadExecutor()

    private let pool = NIOThreadPool(numberOfThreads: 2)

    private init() { self.pool.start() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.pool.submit { _ in unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
