internal import ServiceLifecycle

/// Ends the process with an error where its place in the cluster is taken.
struct StopService: Service {
    private let reasons: AsyncStream<String>

    init(_ reasons: AsyncStream<String>) { self.reasons = reasons }

    func run() async throws {
        for await reason in self.reasons.cancelOnGracefulShutdown() { throw StopFailure(reason: reason) }
    }
}

/// Why a process had to stop.
package struct StopFailure: Error, Equatable, CustomStringConvertible {
    /// For people.
    package var reason: String
    package var description: String { self.reason }
}
