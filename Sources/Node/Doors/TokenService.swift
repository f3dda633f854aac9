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
    private let changed = Mutex<[@Sendable () -> Void]>([])
    private let digestState: Mutex<[UInt64]>
    /// Held while the file is read or written, so that nothing old is taken after something new.
    private let turn = Mutex(())

    /// Reads the file.
    ///
    /// - Throws: `PKIFailure` where it is not there or is no good.
    package init(path: String, logger: Logger) throws {
        let file = TokenFile(path: path)
        let facts = file.facts
        self.file = file
        self.logger = logger
        let table = try file.load()
        self.watch = Mutex(TokenWatch(table, facts: facts, at: Self.now()))
        self.digestState = Mutex(table.digests)
    }

    /// The tokens that count.
    package var current: TokenTable { self.watch.withLock { $0.current } }

    /// What the tokens that count look like to other nodes: a digest for each first digit of an id.
    package var digests: [UInt64] { self.digestState.withLock { $0 } }

    /// What is wrong with the file; nil where nothing is.
    package var problem: PKIFailure? { self.watch.withLock { $0.problem } }

    /// Hears, beside those who asked before, that tokens changed; on any thread.
    package func onChange(_ handler: @escaping @Sendable () -> Void) {
        self.changed.withLock { $0.append(handler) }
    }

    /// Takes tokens that another node gave: they are written into the own file, and then read like any others.
    ///
    /// - Returns: Tokens that found no room.
    /// - Throws: As ``TokenFile/merge(_:)``.
    package func merge(_ others: TokenTable) throws(PKIFailure) -> Int {
        try self.turn.withLock { _ throws(PKIFailure) in
            let leftOut = try self.file.merge(others)
            self.readAgain(isForced: false)
            return leftOut
        }
    }

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
    private func look(isForced: Bool) { self.turn.withLock { _ in self.readAgain(isForced: isForced) } }

    private func readAgain(isForced: Bool) {
        let facts = self.file.facts
        let now = Self.now()
        guard self.watch.withLock({ $0.isDue(facts, at: now, isForced: isForced) }) else { return }
        let result: Result<TokenTable, PKIFailure>
        do throws(PKIFailure) { result = .success(try self.file.load()) } catch { result = .failure(error) }
        switch self.watch.withLock({ $0.take(result) }) {
        case .unchanged: break
        case .replaced: self.use(self.current)
        case .kept(let failure):
            self.logger.error(
                "the new tokens are not used; the last good ones count",
                metadata: ["code": "\(failure.code.rawValue)", "reason": "\(failure.message)"]
            )
        }
    }

    private func use(_ tokens: TokenTable) {
        let digests = tokens.digests
        self.digestState.withLock { $0 = digests }
        self.logger.info("new tokens are in use", metadata: ["file": "\(self.file.path)"])
        for handler in self.changed.withLock({ $0 }) { handler() }
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
