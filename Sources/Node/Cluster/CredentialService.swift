package import Cluster
internal import Foundation
package import Logging
package import PKI
package import PeerTransport
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Keeps a process's credentials fresh: looks at the files every second and at SIGHUP, hands new ones to whoever shows
/// them, and has standing connections judged again, then and when the time of a peer's certificate is over.
package final class CredentialService: Service {
    /// Days before its end from which a certificate is warned of.
    private static let warningDays: Int64 = 14

    private struct Looking {
        /// Whether the log was told that the revocation list has expired.
        var isListEndTold = false
    }

    private let files: CredentialFiles
    private let watch: Mutex<CredentialWatch>
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let ends: PeerEnds
    private let preparers = Mutex<[Preparer]>([])
    private let judges = Mutex<[@Sendable () -> Void]>([])
    private let reloadHandlers = Mutex<[@Sendable (Bool) -> Void]>([])
    /// Held while files are written, read and used, so that nothing old is taken after something new.
    private let looking = Mutex(Looking())

    /// Makes ready what depends on new credentials; gives what uses it, which runs where everybody was ready.
    package typealias Preparer = @Sendable (Credentials) throws -> @Sendable () -> Void

    /// What peers are shown, and how they are judged.
    package let tls: PeerTLS

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - files: Where they are.
    ///   - role: The role that the certificate must have; nil for any.
    ///   - logger: Hears of new credentials, and of files that are no good.
    ///   - now: Seconds since the Unix epoch.
    /// - Throws: `PKIFailure` where they are no good, or not of this role.
    package init(
        files: CredentialFiles,
        role: Role?,
        logger: Logger,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    ) throws {
        let facts = files.facts
        let seconds = now()
        let credentials = try files.load(at: seconds)
        if let role { try credentials.own.check(role) }
        self.files = files
        self.logger = logger
        self.now = now
        let ends = PeerEnds()
        self.ends = ends
        self.watch = Mutex(CredentialWatch(credentials, facts: facts, at: seconds))
        self.tls = try PeerTLS(
            chain: credentials.chain,
            key: credentials.key,
            authorities: credentials.authorities,
            judge: Self.judge(credentials, ends, now)
        )
    }

    /// The credentials in use.
    package var current: Credentials { self.watch.withLock { $0.current } }

    /// What is wrong with the files; nil where nothing is.
    package var problem: CredentialWatch.Problem? { self.watch.withLock { $0.problem } }

    /// Seconds until the own certificate ends; negative afterwards.
    package var secondsLeft: Int64 { self.current.own.notAfter - self.now() }

    /// Whether the own certificate should be renewed.
    package var isEnding: Bool { self.secondsLeft < Self.warningDays * 86_400 }

    /// Whether the revocation list should have been replaced by now.
    package var isListExpired: Bool { self.current.verifier.isListExpired(at: self.now()) }

    /// Seconds until another revocation list is expected; negative afterwards, nil where there is no list.
    package var listSecondsLeft: Int64? { self.current.verifier.listNextUpdate.map { $0 - self.now() } }

    /// Asks somebody, beside those who were asked before, to make ready for new credentials; on any thread.
    ///
    /// Where one throws, nobody uses them, and they are no good: the last good ones stay, and it is tried again.
    package func prepareChanges(_ preparer: @escaping Preparer) {
        self.preparers.withLock { $0.append(preparer) }
    }

    /// Hears, beside those who asked before, that standing connections are to be judged again: once credentials were
    /// replaced, and once the time of a certificate that let a peer in is over; on any thread.
    package func onJudgment(_ handler: @escaping @Sendable () -> Void) {
        self.judges.withLock { $0.append(handler) }
    }

    /// Hears, beside those who asked before, that a SIGHUP has the files read again: true as that begins, false once it is
    /// over, whatever came of it; on any thread.
    package func onReload(_ handler: @escaping @Sendable (Bool) -> Void) {
        self.reloadHandlers.withLock { $0.append(handler) }
    }

    /// Watches until a graceful shutdown.
    package func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in hangups.cancelOnGracefulShutdown() { self.reload() }
            }
            group.addTask {
                while !Task.isShuttingDownGracefully, !Task.isCancelled {
                    self.look(isForced: false)
                    self.judgeWhoEnded()
                    await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(1)) }
                }
            }
            await group.waitForAll()
        }
    }

    private func reload() {
        let handlers = self.reloadHandlers.withLock { $0 }
        for handler in handlers { handler(true) }
        self.look(isForced: true)
        for handler in handlers { handler(false) }
    }

    /// Takes a revocation list that another node gave: it is written into the own file, and then read like any other.
    ///
    /// - Throws: As ``CredentialFiles/adopt(revocationList:over:)``.
    package func adopt(revocationList list: [UInt8]) throws(PKIFailure) {
        try self.looking.withLock { _ throws(PKIFailure) in
            try self.files.adopt(revocationList: list, over: self.current)
            self.readAgain(isForced: false)
        }
    }

    /// Reads the files where they changed, or where it is asked for.
    func look(isForced: Bool) {
        self.looking.withLock { looking in
            self.readAgain(isForced: isForced)
            let isExpired = self.isListExpired
            if isExpired, !looking.isListEndTold {
                self.logger.warning(
                    "the revocation list has expired, and stays in force; sign it again (neoscope pki renew-list)"
                )
            }
            looking.isListEndTold = isExpired
        }
    }

    private func readAgain(isForced: Bool) {
        let seconds = self.now()
        let facts = self.files.facts
        guard self.watch.withLock({ $0.isDue(facts, at: seconds, isForced: isForced) }) else { return }
        let result: Result<Credentials, PKIFailure>
        do throws(PKIFailure) { result = .success(try self.files.load(at: seconds)) } catch {
            result = .failure(error)
        }
        var uses: [@Sendable () -> Void] = []
        switch self.watch.withLock({ watch in
            watch.take(result, at: seconds) { uses = try self.prepare($0) }
        }) {
        case .unchanged: break
        case .kept(let problem):
            self.logger.error(
                "the new credentials are not used; the last good ones stay",
                metadata: [
                    "code": "\(problem.failure.code.rawValue)", "reason": "\(problem.failure.message)",
                ]
            )
            self.lookAtList()
        case .replaced: self.use(uses, "new credentials are in use")
        }
    }

    /// Takes the revocation list of files that are no good, where it is good and newer.
    private func lookAtList() {
        do throws(PKIFailure) {
            guard let list = try self.files.loadList() else { return }
            var uses: [@Sendable () -> Void] = []
            let isTaken = try self.watch.withLock { watch throws(PKIFailure) in
                try watch.take(list: list) { uses = try self.prepare($0) }
            }
            if isTaken { self.use(uses, "a newer revocation list is in use") }
        } catch {
            self.logger.error(
                "the revocation list is not used either; the last good one stays",
                metadata: ["code": "\(error.code.rawValue)", "reason": "\(error.message)"]
            )
        }
    }

    /// Has connections judged again once the time of a certificate is over that let a peer in.
    func judgeWhoEnded() {
        guard self.ends.isDue(at: self.now()) else { return }
        self.logger.info("the time of a peer's certificate is over; all are judged again")
        self.judgeAgain()
    }

    /// Makes everything ready for new credentials, and uses nothing of it yet.
    private func prepare(_ credentials: Credentials) throws -> [@Sendable () -> Void] {
        let peers = try self.tls.prepare(
            chain: credentials.chain,
            key: credentials.key,
            authorities: credentials.authorities,
            judge: Self.judge(credentials, self.ends, self.now)
        )
        return [peers] + (try self.preparers.withLock { $0 }.map { try $0(credentials) })
    }

    private func use(_ uses: [@Sendable () -> Void], _ what: Logger.Message) {
        for use in uses { use() }
        self.logger.info(what, metadata: ["credentials": "\(self.current)"])
        self.judgeAgain()
    }

    private func judgeAgain() {
        for judge in self.judges.withLock({ $0 }) { judge() }
    }

    private static func judge(
        _ credentials: Credentials,
        _ ends: PeerEnds,
        _ now: @escaping @Sendable () -> Int64
    ) -> PeerTLS.Judge {
        let verifier = credentials.verifier
        return { chain, side in
            let purpose: PeerVerifier.Purpose = side == .client ? .client : .server
            let peer = try verifier.verify(chain: chain, as: purpose, at: now())
            ends.note(peer)
            return peer.identity
        }
    }
}
