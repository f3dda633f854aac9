internal import Foundation
package import Logging
package import PKI
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Keeps a process's tokens fresh: looks at their file every second and at SIGHUP.
package final class TokenService: Service {
    private let file: TokenFile
    private let watch: Mutex<TokenWatch>
    private let logger: Logger

    /// Reads the file.
    ///
    /// - Throws: `PKIFailure` where it is not there or is no good.
    package init(path: String, logger: Logger) throws {
        let file = TokenFile(path: path)
        let facts = file.facts
        self.file = file
        self.logger = logger
        self.watch = Mutex(TokenWatch(try file.load(), facts: facts, at: Self.now()))
    }

    /// The tokens that count.
    package var current: TokenTable { self.watch.withLock { $0.current } }

    /// What is wrong with the file; nil where nothing is.
    package var problem: PKIFailure? { self.watch.withLock { $0.problem } }

    /// Watches until a graceful shutdown.
    package func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in hangups.cancelOnGracefulShutdown() { self.look(isForced: true) }
            }
            group.addTask {
                while !Task.isShuttingDownGracefully, !Task.isCancelled {
                    self.look(isForced: false)
                    await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(1)) }
                }
            }
            await group.waitForAll()
        }
    }

    /// Reads the file where it changed, or where it is asked for.
    private func look(isForced: Bool) {
        let facts = self.file.facts
        let now = Self.now()
        guard self.watch.withLock({ $0.isDue(facts, at: now, isForced: isForced) }) else { return }
        let result: Result<TokenTable, PKIFailure>
        do throws(PKIFailure) { result = .success(try self.file.load()) } catch { result = .failure(error) }
        switch self.watch.withLock({ $0.take(result) }) {
        case .unchanged: break
        case .replaced: self.logger.info("new tokens are in use", metadata: ["file": "\(self.file.path)"])
        case .kept(let failure):
            self.logger.error(
                "the new tokens are not used; the last good ones count",
                metadata: ["code": "\(failure.code.rawValue)", "reason": "\(failure.message)"]
            )
        }
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
