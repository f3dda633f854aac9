/// How often a cgroup met the limits of its memory.
///
/// Source: `memory.events`, or version 1's `memory.oom_control`.
package struct CgroupMemoryEvents: Equatable, Sendable {
    /// Reclaimed although below its protected amount.
    package var low: UInt64?
    /// Slowed down because above `memory.high`.
    package var high: UInt64?
    /// About to go above `memory.max`; version 1 counts this in `memory.failcnt`.
    package var max: UInt64?
    /// Could not be brought below the limit.
    package var outOfMemory: UInt64?
    /// Processes killed for it.
    package var kills: UInt64?

    /// Starts with nothing known.
    package init() {}

    /// Reads the file of either version.
    package init(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let name = line.word()
            if name.equals("low") {
                self.low = line.number()
            } else if name.equals("high") {
                self.high = line.number()
            } else if name.equals("max") {
                self.max = line.number()
            } else if name.equals("oom") {
                self.outOfMemory = line.number()
            } else if name.equals("oom_kill") {
                self.kills = line.number()
            }
        }
    }
}
