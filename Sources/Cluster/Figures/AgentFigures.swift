package import Telemetry

/// What one collector knows of an agent.
package struct AgentFigures: Equatable, Sendable {
    /// The name in its certificate.
    package var name: NodeID
    /// Connections that stand now.
    package var connections: UInt64
    /// When the first of them was opened, in cluster time; nil where none stands.
    package var connectedSince: ClusterTime?
    /// When it last connected or sent a frame, in cluster time.
    package var lastHeard: ClusterTime
    /// Frames that came from it, those that came again included.
    package var frames: UInt64
    /// The items in them.
    package var items: UInt64
    /// Their bytes.
    package var bytes: UInt64

    /// An agent of which nothing came yet.
    package init(_ name: NodeID, lastHeard: ClusterTime) {
        self.name = name
        self.connections = 0
        self.lastHeard = lastHeard
        self.frames = 0
        self.items = 0
        self.bytes = 0
    }

    /// Adds what another collector knows of the same agent.
    package mutating func add(_ other: AgentFigures) {
        self.connections = self.connections.saturatingAdd(other.connections)
        self.connectedSince = [self.connectedSince, other.connectedSince].compactMap { $0 }.min()
        self.lastHeard = max(self.lastHeard, other.lastHeard)
        self.frames = self.frames.saturatingAdd(other.frames)
        self.items = self.items.saturatingAdd(other.items)
        self.bytes = self.bytes.saturatingAdd(other.bytes)
    }
}
