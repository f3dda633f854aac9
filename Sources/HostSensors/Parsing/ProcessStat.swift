/// What `/proc/<pid>/stat` says of one process.
package struct ProcessStat: Equatable, Sendable {
    /// The id in the namespace of the mounted `/proc`.
    package var processID: Int32
    /// The name of the program, at most 15 bytes for a user's process; may hold any byte, parentheses too.
    package var name: String
    /// The kernel's letter: `R` runs, `S` sleeps, `D` waits for a disk, `Z` is dead, `T` is stopped, `I`
    /// idles.
    package var state: UInt8
    /// The id of the parent; 0 for the first process and kernel threads' ancestor.
    package var parentID: Int32
    /// Whether it belongs to the kernel and has no memory of its own.
    package var isKernelThread: Bool
    /// Page faults served from memory.
    package var minorFaults: UInt64
    /// Page faults that waited for storage.
    package var majorFaults: UInt64
    /// Processor time of all threads, in ticks.
    package var userTicks: UInt64
    /// Processor time of all threads in the kernel, in ticks.
    package var systemTicks: UInt64
    /// Threads it has now.
    package var threads: UInt64
    /// Start in ticks after boot; with the process id, it names the process once and for all.
    package var startTicks: UInt64
    /// Address space it has mapped.
    package var virtualBytes: UInt64
    /// Pages of it that are in memory.
    package var residentPages: UInt64
    /// Time spent waiting for disks, in ticks; zero unless the kernel accounts for delays.
    package var ioDelayTicks: UInt64?

    private static let kernelThreadFlag: UInt64 = 0x0020_0000

    /// Reads the file; nil unless it reaches to the resident pages.
    package init?(parsing text: Span<UInt8>) {
        var head = TextCursor(text)
        guard let id = head.number(), let processID = Int32(exactly: id) else { return nil }
        head.skipBlanks()
        guard head.skip("("), let close = head.rest.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let rest = head.rest
        self.processID = processID
        self.name = rest.extracting(0..<close).text
        var tail = TextCursor(rest.extracting((close &+ 1)..<rest.count))
        let state = tail.word()
        guard state.count == 1, let parent = tail.signedNumber() else { return nil }
        self.state = state[0]
        self.parentID = Int32(truncatingIfNeeded: parent)
        tail.skipWords(4)
        guard let flags = tail.number(), let minorFaults = tail.number() else { return nil }
        tail.skipWords(1)
        guard let majorFaults = tail.number() else { return nil }
        tail.skipWords(1)
        guard let userTicks = tail.number(), let systemTicks = tail.number() else { return nil }
        tail.skipWords(4)
        guard let threads = tail.number() else { return nil }
        tail.skipWords(1)
        guard let startTicks = tail.number(), let virtualBytes = tail.number() else { return nil }
        // A negative count has been seen on kernels that keep it per thread; it means none.
        guard let residentPages = tail.signedNumber() else { return nil }
        self.isKernelThread = flags & Self.kernelThreadFlag != 0
        self.minorFaults = minorFaults
        self.majorFaults = majorFaults
        self.userTicks = userTicks
        self.systemTicks = systemTicks
        self.threads = threads
        self.startTicks = startTicks
        self.virtualBytes = virtualBytes
        self.residentPages = UInt64(max(0, residentPages))
        tail.skipWords(17)
        self.ioDelayTicks = tail.number()
    }
}
