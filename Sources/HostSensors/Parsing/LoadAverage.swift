/// Tasks that ran, could have run or waited for a disk, on average.
///
/// Source: `/proc/loadavg`.
package struct LoadAverage: Equatable, Sendable {
    /// Over one minute, fading exponentially.
    package var oneMinute: Double?
    /// Over five minutes.
    package var fiveMinutes: Double?
    /// Over fifteen minutes.
    package var fifteenMinutes: Double?
    /// Tasks that run or could run at this moment.
    package var running: UInt64?
    /// Threads that exist.
    package var threads: UInt64?

    /// Reads the file.
    package init(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        self.oneMinute = text.decimal()
        self.fiveMinutes = text.decimal()
        self.fifteenMinutes = text.decimal()
        text.skipBlanks()
        var running = TextCursor(text.text(until: UInt8(ascii: "/")))
        self.running = running.number()
        self.threads = text.number()
    }
}
