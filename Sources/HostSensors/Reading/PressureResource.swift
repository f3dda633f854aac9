/// A resource that tasks wait for.
package enum PressureResource: String, CaseIterable, Sendable {
    /// Processors.
    case cpu
    /// Memory.
    case memory
    /// Storage.
    case io
    /// Time taken by interrupts.
    case irq
}
