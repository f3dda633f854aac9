package import Cluster

/// What a process has of the credentials that its cluster shares: the revocation list, and the tokens.
package protocol SharedCredentials: Sendable {
    /// What it has now; asked on event loops, so that it may not block.
    var summary: CredentialSummary { get }

    /// What another process lacks; called on a thread that may block.
    func update(for asker: CredentialSummary) -> CredentialUpdate

    /// Takes what a collector gave, as far as it is good and new; called on a thread that may block.
    ///
    /// - Returns: False where it could not be kept, and should be asked for again; true where it was taken or refused.
    func take(_ update: CredentialUpdate, from node: NodeID) -> Bool
}
