internal import Cluster
internal import Logging
internal import PKI
internal import PeerTransport
internal import Synchronization

/// The credentials that this process shares with its cluster: the revocation list and the tokens, as its files say them.
///
/// What others give is judged, written into the own files, and counts once those are read again: one way in for
/// commands, copies and gossip.
final class CredentialShare: SharedCredentials {
    /// What became of what others gave.
    enum Event: String, CaseIterable, Sendable {
        /// A newer revocation list is in the own file.
        case listTaken = "list_taken"
        /// A revocation list was not newer than the one in force.
        case listOlder = "list_older"
        /// A revocation list was not signed by the cluster's authority.
        case listForeign = "list_foreign"
        /// What should be a revocation list was none.
        case listDamaged = "list_damaged"
        /// Tokens were looked at, and what was new is in the own file.
        case tokensTaken = "tokens_taken"
        /// What should be tokens was none.
        case tokensDamaged = "tokens_damaged"
        /// Tokens found no room; counted each time that they come.
        case tokensLeftOut = "tokens_left_out"
        /// The own file could not be read or written; it is tried again.
        case failed
    }

    private struct State {
        var counts: [Event: UInt64] = [:]
        var problem: String?
    }

    let credentials: CredentialService
    private let tokens: TokenService?
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - credentials: With the revocation list, where it has one.
    ///   - tokens: Nil where the process knows none.
    ///   - logger: Hears of what is refused.
    init(credentials: CredentialService, tokens: TokenService?, logger: Logger) {
        self.credentials = credentials
        self.tokens = tokens
        self.logger = logger
    }

    /// Hears that what this process has may be another than before; on any thread.
    func onChange(_ handler: @escaping @Sendable () -> Void) {
        self.credentials.onJudgment(handler)
        self.tokens?.onChange(handler)
    }

    /// What became of what others gave, so far.
    var counts: [Event: UInt64] { self.state.withLock { $0.counts } }

    /// Why something newer could not be kept; nil once something is.
    var problem: String? { self.state.withLock { $0.problem } }

    var summary: CredentialSummary {
        CredentialSummary(
            list: self.credentials.current.verifier.listNumber,
            tokens: self.tokens?.digests
        )
    }

    func update(for asker: CredentialSummary) -> CredentialUpdate {
        let (own, current) = (self.summary, self.credentials.current)
        return CredentialUpdate(
            list: asker.lacksList(of: own) ? current.revocationList : nil,
            tokens: self.tokens?.current.encoded(buckets: asker.buckets(differingFrom: own)) ?? []
        )
    }

    func take(_ update: CredentialUpdate, from node: NodeID) -> Bool {
        let isListDone = update.list.map { self.takeList($0, from: node) } ?? true
        let areTokensDone = update.tokens.isEmpty || self.takeTokens(update.tokens, from: node)
        return isListDone && areTokensDone
    }

    private func takeList(_ list: [UInt8], from node: NodeID) -> Bool {
        do throws(PKIFailure) {
            try self.credentials.adopt(revocationList: list)
            self.note(.listTaken)
            self.logger.notice("a newer revocation list was taken", metadata: ["from": "\(node)"])
            return true
        } catch {
            switch error.code {
            case .olderList: self.refuse(.listOlder, error, node)
            case .unknownAuthority: self.refuse(.listForeign, error, node)
            case .file, .notFound: return self.fail(error, node)
            default: self.refuse(.listDamaged, error, node)
            }
            return true
        }
    }

    private func takeTokens(_ tokens: [[UInt8]], from node: NodeID) -> Bool {
        guard let service = self.tokens else { return true }
        do throws(PKIFailure) {
            let leftOut = try service.merge(try TokenTable(encoded: tokens))
            self.note(.tokensTaken)
            if leftOut > 0 {
                self.note(.tokensLeftOut, count: leftOut)
                self.logger.error(
                    "the cluster has more tokens than there may be; those with the highest ids do not count",
                    metadata: ["left_out": "\(leftOut)", "expected_at_most": "\(TokenFile.tokensMax)"]
                )
            }
            return true
        } catch {
            guard error.code == .malformed else { return self.fail(error, node) }
            self.refuse(.tokensDamaged, error, node)
            return true
        }
    }

    private func refuse(_ event: Event, _ failure: PKIFailure, _ node: NodeID) {
        self.state.withLock { $0.counts[event, default: 0] += 1 }
        self.logger.warning(
            "what a collector gave changes nothing",
            metadata: ["from": "\(node)", "code": "\(event.rawValue)", "reason": "\(failure.message)"]
        )
    }

    private func fail(_ failure: PKIFailure, _ node: NodeID) -> Bool {
        self.state.withLock { state in
            state.counts[.failed, default: 0] += 1
            state.problem = failure.message
        }
        self.logger.error(
            "newer credentials of the cluster cannot be kept",
            metadata: ["from": "\(node)", "reason": "\(failure.message)"]
        )
        return false
    }

    private func note(_ event: Event, count: Int = 1) {
        self.state.withLock { state in
            state.counts[event, default: 0] += UInt64(count)
            state.problem = nil
        }
    }
}
