/// When credentials are read again, and what is kept while the files are no good.
///
/// A pure machine: its shell asks ``CredentialFiles/facts`` every few seconds, and reads the files when
/// ``isDue(_:at:isForced:)`` says so. The last good material stays until better one comes; of files that are no good the
/// revocation list is taken nevertheless (``take(list:using:)``), where it is good and newer.
package struct CredentialWatch: Sendable {
    /// Seconds after which files that were no good are read again though they did not change: a certificate's time may
    /// have come, and a disk may have recovered.
    package static let retrySeconds: Int64 = 30

    /// The last good material.
    package private(set) var current: Credentials
    /// What is wrong with the files; nil once they are good again.
    package private(set) var problem: Problem?
    private var facts: [FileFacts?]
    private var triedAt: Int64

    /// Why the files are not used.
    package struct Problem: Equatable, Sendable {
        /// The last failure.
        package let failure: PKIFailure
        /// When the first of them came, in seconds since the Unix epoch.
        package let since: Int64
    }

    /// What came of reading the files.
    package enum Outcome: Equatable, Sendable {
        /// They say what they said; connections and contexts need nothing.
        case unchanged
        /// ``CredentialWatch/current`` is new: new connections take it, and peers are judged again.
        case replaced
        /// They are no good, and the last good material stays.
        case kept(Problem)
    }

    /// A watch over what was read at start.
    ///
    /// - Parameters:
    ///   - current: What the files said.
    ///   - facts: Of the files, from before they were read.
    ///   - seconds: When, since the Unix epoch.
    package init(_ current: Credentials, facts: [FileFacts?], at seconds: Int64) {
        self.current = current
        self.facts = facts
        self.triedAt = seconds
    }

    /// Whether the files are to be read now; they are taken as read if so, and ``take(_:at:)`` hears what came of it.
    ///
    /// - Parameters:
    ///   - facts: Of the files, at present.
    ///   - seconds: The present time since the Unix epoch.
    ///   - isForced: Whether somebody asks for it, as SIGHUP does.
    /// - Returns: True where something changed, where they were no good half a minute ago, or where it is forced.
    package mutating func isDue(_ facts: [FileFacts?], at seconds: Int64, isForced: Bool = false) -> Bool {
        // The wall clock may have been put back; the distance counts.
        let isRetry =
            self.problem != nil && (seconds &- self.triedAt).magnitude >= Self.retrySeconds.magnitude
        guard isForced || isRetry || facts != self.facts else { return false }
        self.facts = facts
        self.triedAt = seconds
        return true
    }

    /// Takes what came of reading the files.
    ///
    /// - Parameters:
    ///   - result: The credentials, or why there are none.
    ///   - seconds: The present time since the Unix epoch.
    ///   - prepare: Makes what is made of new credentials, and is not used before they are; what it throws makes them no
    ///     good.
    /// - Returns: What it means for the shell.
    package mutating func take(
        _ result: Result<Credentials, PKIFailure>,
        at seconds: Int64,
        using prepare: (Credentials) throws -> Void = { _ in }
    ) -> Outcome {
        do throws(PKIFailure) {
            let new = try result.get()
            try self.check(new)
            if new.fingerprint == self.current.fingerprint {
                self.problem = nil
                return .unchanged
            }
            try Self.prepare(new, prepare)
            self.problem = nil
            self.current = new
            return .replaced
        } catch {
            let problem = Problem(failure: error, since: self.problem?.since ?? seconds)
            self.problem = problem
            return .kept(problem)
        }
    }

    /// Takes a revocation list alone, while the other files are no good: whom it names is not let in all the same.
    ///
    /// The problem with the other files stays.
    ///
    /// - Parameters:
    ///   - list: In PEM.
    ///   - prepare: As in ``take(_:at:using:)``.
    /// - Returns: Whether it is in force from now on; false where it is not newer than the one that is.
    /// - Throws: Why it is no good: above all that no authority in use signed it.
    package mutating func take(
        list: [UInt8],
        using prepare: (Credentials) throws -> Void = { _ in }
    ) throws(PKIFailure) -> Bool {
        let new = try self.current.replacing(revocationList: list)
        if let number = self.current.verifier.listNumber {
            guard let newNumber = new.verifier.listNumber, newNumber > number else { return false }
        }
        try Self.prepare(new, prepare)
        self.current = new
        return true
    }

    private static func prepare(
        _ credentials: Credentials,
        _ prepare: (Credentials) throws -> Void
    ) throws(PKIFailure) {
        do { try prepare(credentials) } catch let failure as PKIFailure { throw failure } catch {
            throw PKIFailure(.openSSL, "TLS cannot use the files: \(error)")
        }
    }

    /// Checks that new material is the same holder's, and that nobody who was revoked comes back by an old list.
    private func check(_ new: Credentials) throws(PKIFailure) {
        guard new.cluster == self.current.cluster else {
            throw PKIFailure(
                .wrongCluster,
                "the files are of cluster \(new.cluster), and this process is of \(self.current.cluster)"
            )
        }
        guard new.own.identity == self.current.own.identity else {
            throw PKIFailure(
                .wrongIdentity,
                "the files are of \(new.own.identity), and this process is \(self.current.own.identity)"
            )
        }
        guard let number = self.current.verifier.listNumber else { return }
        let newNumber = new.verifier.listNumber ?? 0
        guard newNumber >= number else {
            throw PKIFailure(
                .olderList,
                "revocation list \(newNumber) is older than \(number), which is in force"
            )
        }
    }
}
