/// How one part of the process does.
package struct ComponentHealth: Equatable, Sendable {
    /// How it does.
    package enum State: String, Sendable {
        case healthy
        /// It works, and something about it needs a person.
        case degraded
        /// It does not do its work.
        case unhealthy
    }

    /// As `disk`; one word.
    package var name: String
    /// How it does at the moment.
    package var state: State
    /// What is the matter, or worth knowing; mostly empty while healthy.
    package var detail: String
    /// Whether the process cannot take telemetry while this is unhealthy.
    package var isNeededForReadiness: Bool

    /// The health of a component, by default not needed for readiness.
    package init(_ name: String, _ state: State, detail: String = "", isNeededForReadiness: Bool = false) {
        self.name = name
        self.state = state
        self.detail = detail
        self.isNeededForReadiness = isNeededForReadiness
    }
}
