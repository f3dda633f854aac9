internal import Foundation

/// What tells a file from the one that had its name before: compared, never interpreted.
///
/// A file that is replaced by renaming has another inode; one that is written in place has another time or length.
package struct FileFacts: Equatable, Sendable {
    /// The disk.
    package var device: UInt64
    /// The file on it.
    package var inode: UInt64
    /// Its length.
    package var bytes: Int64
    /// When its content changed, in nanoseconds since the Unix epoch.
    package var modifiedNanoseconds: Int64
    /// When its content, mode or owner changed, in nanoseconds since the Unix epoch.
    package var changedNanoseconds: Int64
    /// Whether it is a file, and no folder, pipe or device.
    package var isRegular: Bool

    /// Facts of the file that a path leads to, through links; nil where there is none.
    package init?(path: String) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        self.init(facts)
    }

    /// Facts of an open file.
    init?(descriptor: Int32) {
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        self.device = UInt64(facts.st_dev)
        self.inode = UInt64(facts.st_ino)
        self.bytes = Int64(facts.st_size)
        self.modifiedNanoseconds = Self.nanoseconds(facts.st_mtim)
        self.changedNanoseconds = Self.nanoseconds(facts.st_ctim)
        self.isRegular = facts.st_mode & S_IFMT == S_IFREG
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
