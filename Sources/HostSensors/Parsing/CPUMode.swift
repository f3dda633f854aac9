/// What a core does with its time; the modes exclude each other and add up to all of it.
package enum CPUMode: String, CaseIterable, Sendable {
    /// Ordinary programs, virtual machines included.
    case user
    /// Programs with lowered priority.
    case nice
    /// The kernel on behalf of programs.
    case system
    /// Nothing to do.
    case idle
    /// Nothing to do while a task waited for a disk.
    case iowait
    /// Hardware interrupts.
    case irq
    /// Software interrupts.
    case softirq
    /// The hypervisor ran somebody else.
    case steal

    /// The value of `cpu.mode` in the OpenTelemetry conventions, which lack only softirq.
    package var conventionName: String {
        self == .irq ? "interrupt" : self.rawValue
    }

    /// Whether the core worked for this machine in this mode.
    package var isBusy: Bool {
        switch self {
        case .user, .nice, .system, .irq, .softirq: true
        case .idle, .iowait, .steal: false
        }
    }
}
