package import Telemetry

/// What a collector remembers of the agents that called: so many of them, those that are connected first.
package struct AgentBook: Sendable {
    /// Agents that are remembered.
    package static let agentsMax = 4096

    private var agents: [NodeID: AgentFigures] = [:]
    private let limit: Int

    /// An empty book.
    package init(limit: Int = Self.agentsMax) { self.limit = max(limit, 1) }

    /// Who is remembered, sorted by name.
    package var all: [AgentFigures] { self.agents.values.sorted { $0.name < $1.name } }

    /// An agent was welcomed on one more connection.
    package mutating func connected(_ agent: NodeID, at now: ClusterTime) {
        self.change(agent, at: now) { known in
            if known.connections == 0 { known.connectedSince = now }
            known.connections += 1
        }
    }

    /// One of its connections ended.
    package mutating func disconnected(_ agent: NodeID) {
        guard var known = self.agents[agent], known.connections > 0 else { return }
        known.connections -= 1
        if known.connections == 0 { known.connectedSince = nil }
        self.agents[agent] = known
    }

    /// A frame came from it.
    package mutating func received(_ agent: NodeID, items: UInt32, bytes: Int, at now: ClusterTime) {
        self.change(agent, at: now) { known in
            known.frames += 1
            known.items += UInt64(items)
            known.bytes += UInt64(clamping: bytes)
        }
    }

    private mutating func change(
        _ agent: NodeID,
        at now: ClusterTime,
        _ body: (inout AgentFigures) -> Void
    ) {
        if self.agents[agent] == nil, self.agents.count >= self.limit { self.forgetOne() }
        // Where all are connected there is no room for one more; the limit of connections comes first in practice.
        guard self.agents[agent] != nil || self.agents.count < self.limit else { return }
        var known = self.agents[agent] ?? AgentFigures(agent, lastHeard: now)
        known.lastHeard = max(known.lastHeard, now)
        body(&known)
        self.agents[agent] = known
    }

    /// Forgets the one that is away and was not heard of for longest.
    private mutating func forgetOne() {
        let away = self.agents.values.filter { $0.connections == 0 }
        guard let oldest = away.min(by: { ($0.lastHeard, $0.name) < ($1.lastHeard, $1.name) }) else { return }
        self.agents[oldest.name] = nil
    }
}
