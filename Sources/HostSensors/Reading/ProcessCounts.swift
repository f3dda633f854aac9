/// How many processes are in which state.
package struct ProcessCounts: Equatable, Sendable {
    /// Running, or ready to.
    package var running = 0
    /// Waiting for something that a signal can end.
    package var sleeping = 0
    /// Waiting for a disk, uninterruptibly.
    package var blocked = 0
    /// Stopped by a signal or a debugger.
    package var stopped = 0
    /// Dead, and not yet collected by their parent.
    package var zombie = 0
    /// Kernel threads without work.
    package var idle = 0
    /// States this does not know.
    package var other = 0
    /// Threads of all processes.
    package var threads: UInt64 = 0

    /// All processes.
    package var total: Int {
        self.running + self.sleeping + self.blocked + self.stopped + self.zombie + self.idle + self.other
    }

    /// Counts one process by the kernel's letter for its state.
    mutating func add(state: UInt8, threads: UInt64) {
        self.threads &+= threads
        switch state {
        case UInt8(ascii: "R"): self.running += 1
        case UInt8(ascii: "S"): self.sleeping += 1
        case UInt8(ascii: "D"): self.blocked += 1
        case UInt8(ascii: "T"), UInt8(ascii: "t"): self.stopped += 1
        case UInt8(ascii: "Z"), UInt8(ascii: "X"): self.zombie += 1
        case UInt8(ascii: "I"): self.idle += 1
        default: self.other += 1
        }
    }
}
