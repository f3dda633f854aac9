/// Pressure on each resource that the kernel watches.
package struct PressureReadings: Equatable, Sendable {
    /// Waiting for a processor.
    package var cpu: Pressure?
    /// Waiting for memory: reclaim, swap-in, refaults.
    package var memory: Pressure?
    /// Waiting for storage.
    package var io: Pressure?
    /// Since 6.1, where interrupt time is accounted for.
    package var irq: Pressure?

    /// Starts with nothing known.
    package init() {}

    /// The resources in a fixed order, with their names.
    package var all: [(resource: PressureResource, pressure: Pressure)] {
        PressureResource.allCases.compactMap { resource in self[resource].map { (resource, $0) } }
    }

    /// The pressure on one resource.
    package subscript(resource: PressureResource) -> Pressure? {
        get {
            switch resource {
            case .cpu: self.cpu
            case .memory: self.memory
            case .io: self.io
            case .irq: self.irq
            }
        }
        set {
            switch resource {
            case .cpu: self.cpu = newValue
            case .memory: self.memory = newValue
            case .io: self.io = newValue
            case .irq: self.irq = newValue
            }
        }
    }
}
