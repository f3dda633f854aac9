/// How long tasks have waited for one resource (pressure stall information).
///
/// Source: the kernel's `Documentation/accounting/psi.rst`. For the machine as a whole `full` of the
/// processor is always zero; for interrupts only `full` exists.
package struct Pressure: Equatable, Sendable {
    /// One line of a pressure file.
    package struct Stall: Equatable, Sendable {
        /// Share of the last 10 seconds, 0 to 1.
        package var average10: Double?
        /// Share of the last 60 seconds, 0 to 1.
        package var average60: Double?
        /// Share of the last 300 seconds, 0 to 1.
        package var average300: Double?
        /// Time since boot, in microseconds.
        package var totalMicroseconds: UInt64?
    }

    /// At least one task waited.
    package var some: Stall?
    /// All tasks that were not idle waited.
    package var full: Stall?

    /// Reads the file; nil if it holds neither line, as on a kernel that has the feature switched off.
    package init?(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let kind = line.word()
            if kind.equals("some") {
                self.some = Stall(parsing: &line)
            } else if kind.equals("full") {
                self.full = Stall(parsing: &line)
            }
        }
        guard self.some != nil || self.full != nil else { return nil }
    }
}

extension Pressure.Stall {
    fileprivate init(parsing line: inout TextCursor) {
        while !line.isAtEnd {
            var word = TextCursor(line.word())
            let name = word.text(until: UInt8(ascii: "="))
            if name.equals("avg10") {
                self.average10 = word.decimal().map { $0 / 100 }
            } else if name.equals("avg60") {
                self.average60 = word.decimal().map { $0 / 100 }
            } else if name.equals("avg300") {
                self.average300 = word.decimal().map { $0 / 100 }
            } else if name.equals("total") {
                self.totalMicroseconds = word.number()
            }
        }
    }
}
