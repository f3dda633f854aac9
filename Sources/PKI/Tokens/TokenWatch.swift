/// When tokens are read again, and which count while the file is no good.
///
/// A pure machine, as ``CredentialWatch`` is for credentials: its shell asks ``TokenFile/facts`` every second, and reads
/// the file when ``isDue(_:at:isForced:)`` says so. The last good tokens count until better ones come; a file that is
/// gone is no good, and revokes nobody.
package struct TokenWatch: Sendable {
    /// The last good tokens.
    package private(set) var current: TokenTable
    /// What is wrong with the file; nil once it is good again.
    package private(set) var problem: PKIFailure?
    private var facts: FileFacts?
    private var triedAt: Int64

    /// What came of reading the file.
    package enum Outcome: Equatable, Sendable {
        /// It says what it said.
        case unchanged
        /// ``TokenWatch/current`` is new.
        case replaced
        /// It is no good, and the last good tokens count.
        case kept(PKIFailure)
    }

    /// A watch over what was read at start.
    ///
    /// - Parameters:
    ///   - current: What the file said.
    ///   - facts: Of the file, from before it was read.
    ///   - seconds: When, since the Unix epoch.
    package init(_ current: TokenTable, facts: FileFacts?, at seconds: Int64) {
        self.current = current
        self.facts = facts
        self.triedAt = seconds
    }

    /// Whether the file is to be read now; it is taken as read if so, and ``take(_:)`` hears what came of it.
    ///
    /// - Parameters:
    ///   - facts: Of the file, at present.
    ///   - seconds: The present time since the Unix epoch.
    ///   - isForced: Whether somebody asks for it, as SIGHUP does.
    /// - Returns: True where something changed, where it was no good half a minute ago, or where it is forced.
    package mutating func isDue(_ facts: FileFacts?, at seconds: Int64, isForced: Bool = false) -> Bool {
        let isRetry =
            self.problem != nil
            && (seconds &- self.triedAt).magnitude >= CredentialWatch.retrySeconds.magnitude
        guard isForced || isRetry || facts != self.facts else { return false }
        self.facts = facts
        self.triedAt = seconds
        return true
    }

    /// Takes what came of reading the file.
    ///
    /// - Parameter result: The tokens, or why there are none.
    /// - Returns: What it means for the shell.
    package mutating func take(_ result: Result<TokenTable, PKIFailure>) -> Outcome {
        do throws(PKIFailure) {
            let table = try result.get()
            self.problem = nil
            guard table != self.current else { return .unchanged }
            self.current = table
            return .replaced
        } catch {
            self.problem = error
            return .kept(error)
        }
    }
}
