internal import OTLPTransport
internal import ServiceLifecycle
internal import Storage
internal import WebServer

/// What a process of any role consists of once everything is open.
struct RunningParts {
    /// Answers what is stored; nil for an agent, which stores nothing for readers.
    var reader: (any TelemetryReader)?
    var status: any NodeStatus
    var server: OTLPServer
    var guards: DoorGuards
    /// What the process shows to others; nil where it shows nothing.
    var credentials: CredentialService?
    /// Whether event loops and disk still answer.
    var pulse: Pulse
    var ending: EndingService
    /// Leaves, and waits until others hold what only this process holds, or until it has waited long enough.
    var handOver: @Sendable () async -> Void = {}
    /// `host:port` of the peers' door; nil where there is none.
    var peer: String?
    /// In the order they start; they end in the opposite order.
    var services: [any Service]
    /// The port of the API is known: peers may be told.
    var apiListens: @Sendable (String) -> Void = { _ in }
}
