package import Cluster
internal import Foundation
package import Logging
package import PKI
package import PeerTransport
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Keeps a process's credentials fresh: looks at the files every second and at SIGHUP, hands new ones to whoever shows
/// them, and has standing connections judged again.
package final class CredentialService: Service {
    /// Days before its end from which a certificate is warned of.
    private static let warningDays: Int64 = 14

    private let files: CredentialFiles
    private let watch: Mutex<CredentialWatch>
    private let logger: Logger
    private let changed = Mutex<[@Sendable () -> Void]>([])
    /// What peers are shown, and how they are judged.
    package let tls: PeerTLS

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - files: Where they are.
    ///   - role: The role that the certificate must have; nil for any.
    ///   - logger: Hears of new credentials, and of files that are no good.
    /// - Throws: `PKIFailure` where they are no good, or not of this role.
    package init(files: CredentialFiles, role: Role?, logger: Logger) throws {
        let facts = files.facts
        let now = Self.now()
        let credentials = try files.load(at: now)
        if let role { try credentials.own.check(role) }
        self.files = files
        self.logger = logger
        self.watch = Mutex(CredentialWatch(credentials, facts: facts, at: now))
        self.tls = try PeerTLS(
            chain: credentials.chain,
            key: credentials.key,
            authorities: credentials.authorities,
            judge: Self.judge(credentials)
        )
    }

    /// The credentials in use.
    package var current: Credentials { self.watch.withLock { $0.current } }

    /// What is wrong with the files; nil where nothing is.
    package var problem: CredentialWatch.Problem? { self.watch.withLock { $0.problem } }

    /// Seconds until the own certificate ends; negative afterwards.
    package var secondsLeft: Int64 { self.current.own.notAfter - Self.now() }

    /// Whether the own certificate should be renewed.
    package var isEnding: Bool { self.secondsLeft < Self.warningDays * 86_400 }

    /// Whether the revocation list should have been replaced by now.
    package var isListExpired: Bool { self.current.verifier.isListExpired(at: Self.now()) }

    /// Hears, beside those who asked before, that credentials were replaced; on any thread.
    package func onChange(_ handler: @escaping @Sendable () -> Void) {
        self.changed.withLock { $0.append(handler) }
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

    /// Reads the files where they changed, or where it is asked for.
    private func look(isForced: Bool) {
        let now = Self.now()
        let facts = self.files.facts
        guard self.watch.withLock({ $0.isDue(facts, at: now, isForced: isForced) }) else { return }
        let result: Result<Credentials, PKIFailure>
        do throws(PKIFailure) { result = .success(try self.files.load(at: now)) } catch {
            result = .failure(error)
        }
        switch self.watch.withLock({ $0.take(result, at: now) }) {
        case .unchanged: break
        case .kept(let problem):
            self.logger.error(
                "the new credentials are not used; the last good ones stay",
                metadata: [
                    "code": "\(problem.failure.code.rawValue)", "reason": "\(problem.failure.message)",
                ]
            )
        case .replaced: self.use(self.current)
        }
    }

    private func use(_ credentials: Credentials) {
        do {
            try self.tls.replace(
                chain: credentials.chain,
                key: credentials.key,
                authorities: credentials.authorities,
                judge: Self.judge(credentials)
            )
            self.logger.info("new credentials are in use", metadata: ["credentials": "\(credentials)"])
            for handler in self.changed.withLock({ $0 }) { handler() }
        } catch {
            self.logger.error("the new credentials cannot be used", metadata: ["reason": "\(error)"])
        }
    }

    private static func judge(_ credentials: Credentials) -> PeerTLS.Judge {
        let verifier = credentials.verifier
        return { chain, side in
            let purpose: PeerVerifier.Purpose = side == .client ? .client : .server
            return try verifier.verify(chain: chain, as: purpose, at: Self.now()).identity
        }
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
