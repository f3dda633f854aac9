package import Telemetry

/// Whom to ask.
package enum ReadScope: Equatable, Sendable {
    /// Every member that may hold anything.
    case all
    /// Those that may hold chunks of a key: its owners, or more while some chunk may be elsewhere.
    case holders(Key)
    /// These.
    case nodes([String])
}

/// What one node said.
package struct NodeAnswer: Sendable {
    /// Its name.
    package var node: String
    /// nil where it did not answer, in time or at all.
    package var answer: ReadAnswer?

    /// An answer of a node.
    package init(node: String, answer: ReadAnswer?) {
        self.node = node
        self.answer = answer
    }
}

/// Carries requests to nodes and answers back; this node among them.
package protocol ReadExchange: Sendable {
    /// Asks nodes, all at once.
    ///
    /// - Parameters:
    ///   - request: The same for each.
    ///   - scope: Whom; a node that is known to be gone is asked of too, so that it is named.
    /// - Returns: One answer per node that was to be asked, failures among them; within a bounded time.
    func ask(_ request: ReadRequest, of scope: ReadScope) async -> [NodeAnswer]
}

/// Nothing was found, and not everyone could be asked.
package struct UnansweredRead: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nodes that did not answer, sorted.
    package var missing: [String]

    /// A read that these nodes did not answer.
    package init(missing: [String]) { self.missing = missing }

    /// For people.
    package var description: String {
        "nothing was found, but these nodes did not answer: \(self.missing.joined(separator: ", "))"
    }
}
