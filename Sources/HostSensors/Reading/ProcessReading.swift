/// One of the top processes.
///
/// Never carries the command line, which may hold secrets.
package struct ProcessReading: Equatable, Sendable {
    /// The id on the host; used again after the process has ended.
    package var processID: Int32
    /// The id of the parent.
    package var parentID: Int32
    /// The program's name as the kernel keeps it, at most 15 bytes for a user's process.
    package var name: String
    /// Start after boot; with the process id, it names the process once and for all.
    package var startSeconds: Double
    /// The kernel's letter, see ``ProcessStat/state``.
    package var state: UInt8
    /// The cgroup that tells most, nil where the process was gone or may not be asked.
    package var cgroup: String?
    /// Processor time in programs, all threads together.
    package var userSeconds: Double
    /// Processor time in the kernel, all threads together.
    package var systemSeconds: Double
    /// Memory of it that is in memory, shared pages included.
    package var residentBytes: UInt64
    /// Address space it has mapped.
    package var virtualBytes: UInt64
    /// Memory of it that is swapped out.
    package var swapBytes: UInt64?
    /// Threads it has now.
    package var threads: UInt64
    /// Page faults served from memory.
    package var minorFaults: UInt64
    /// Page faults that waited for storage.
    package var majorFaults: UInt64
    /// Times its main thread gave up the processor by itself; up to ten seconds old.
    package var voluntarySwitches: UInt64?
    /// Times its main thread was made to give up the processor; up to ten seconds old.
    package var involuntarySwitches: UInt64?
    /// Nil where the process may not be asked, as one of another user.
    package var io: ProcessIO?
    /// Cores used since the process was read before; nil at its first reading.
    package var cpuCores: Double?
    /// Bytes from and to storage per second since the process was read before.
    package var readBytesPerSecond: Double?
    /// Bytes to storage per second since the process was read before.
    package var writtenBytesPerSecond: Double?
    /// Which of the lists it is in.
    package var ranks: Ranks

    /// The lists of top processes.
    package struct Ranks: OptionSet, Equatable, Sendable {
        /// One bit per list.
        package let rawValue: UInt8

        /// Makes a set from its bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Among the first by processor time.
        package static let cpu = Ranks(rawValue: 1)
        /// Among the first by resident memory.
        package static let memory = Ranks(rawValue: 2)
        /// Among the first by bytes from and to storage.
        package static let io = Ranks(rawValue: 4)
    }
}
