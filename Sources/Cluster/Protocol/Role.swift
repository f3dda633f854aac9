/// What a certificate lets its holder do.
package enum Role: String, CaseIterable, Sendable {
    /// A member of the cluster: it replicates and answers.
    case collector
    /// It may write telemetry, and nothing else.
    case agent
    /// A person or a program that reads and administers.
    case `operator`
}

/// Who a certificate is for: `neoscope://ROLE/ID` among its alternative names.
package struct Identity: Hashable, Sendable, CustomStringConvertible {
    /// What it may do.
    package let role: Role
    /// Its name.
    package let node: NodeID

    /// Its name as text.
    package var id: String { self.node.text }

    /// An identity of a name that is one.
    package init(_ role: Role, _ node: NodeID) {
        self.role = role
        self.node = node
    }

    /// An identity; nil where the name is none.
    package init?(_ role: Role, _ id: String) {
        guard let node = NodeID(id) else { return nil }
        self.init(role, node)
    }

    /// Reads `neoscope://ROLE/ID`; nil for any other text.
    package init?(uri: String) {
        let prefix = "neoscope://"
        guard uri.hasPrefix(prefix) else { return nil }
        let parts = uri.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])) else { return nil }
        self.init(role, String(parts[1]))
    }

    /// As it stands in the certificate.
    package var uri: String { "neoscope://\(self.role.rawValue)/\(self.id)" }
    package var description: String { "\(self.role.rawValue) \(self.id)" }
}
