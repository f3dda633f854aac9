/// The parts of `/proc/<pid>/status` that are nowhere else.
package struct ProcessStatus: Equatable, Sendable {
    /// Memory of it that is swapped out; nil for kernel threads.
    package var swapBytes: UInt64?
    /// Times the main thread gave up the processor by itself.
    package var voluntarySwitches: UInt64?
    /// Times the main thread was made to give up the processor.
    package var involuntarySwitches: UInt64?

    /// Reads the file.
    package init(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let name = line.text(until: UInt8(ascii: ":"))
            if name.equals("VmSwap") {
                self.swapBytes = line.number().flatMap {
                    let (bytes, overflow) = $0.multipliedReportingOverflow(by: 1024)
                    return overflow ? nil : bytes
                }
            } else if name.equals("voluntary_ctxt_switches") {
                self.voluntarySwitches = line.number()
            } else if name.equals("nonvoluntary_ctxt_switches") {
                self.involuntarySwitches = line.number()
            }
        }
    }
}
