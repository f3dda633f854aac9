/// Open files of the whole machine.
///
/// Source: `/proc/sys/fs/file-nr`.
package struct FileHandles: Equatable, Sendable {
    /// Files that are open now.
    package var allocated: UInt64
    /// Files that may be open at once.
    package var maximum: UInt64

    /// Reads the file: allocated, unused (always 0 since 2.6), maximum.
    package init?(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        guard let allocated = text.number() else { return nil }
        text.skipWords(1)
        guard let maximum = text.number() else { return nil }
        self.allocated = allocated
        self.maximum = maximum
    }
}
