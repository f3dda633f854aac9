/// What a process has moved to and from storage since it started.
///
/// Source: `/proc/<pid>/io`.
///
/// Readable only for processes of the same user, or with the right to trace.
package struct ProcessIO: Equatable, Sendable {
    /// Bytes fetched from storage.
    package var readBytes: UInt64
    /// Bytes sent to storage, or that will be.
    package var writtenBytes: UInt64

    /// Reads the file; nil unless both numbers are there.
    ///
    /// `rchar` and `wchar` would count pipes, sockets and the page cache too.
    package init?(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        var read: UInt64?
        var written: UInt64?
        while !text.isAtEnd {
            var line = text.line()
            let name = line.text(until: UInt8(ascii: ":"))
            if name.equals("read_bytes") {
                read = line.number()
            } else if name.equals("write_bytes") {
                written = line.number()
            }
        }
        guard let read, let written else { return nil }
        self.readBytes = read
        self.writtenBytes = written
    }
}
