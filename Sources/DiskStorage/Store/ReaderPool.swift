internal import Dispatch

/// Runs blocking reads off the cooperative threads.
final class ReaderPool: Sendable {
    private let queue = DispatchQueue(label: "neoscope-read", attributes: .concurrent)

    func run<Value: Sendable>(_ job: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.queue.async { continuation.resume(with: Result { try job() }) }
        }
    }
}
