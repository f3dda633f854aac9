/// One network interface: its counters and its link.
package struct InterfaceReading: Equatable, Sendable {
    /// What it has moved.
    package var counters: InterfaceCounters
    /// The state of its link.
    package var link: LinkState

    /// The kernel's name, as `eth0`.
    package var name: String { self.counters.name }
    /// Whether it only leads back to this machine.
    package var isLoopback: Bool { self.counters.name == "lo" }
}
