internal import Glibc
internal import Telemetry

/// Puts files that will not change into another folder: by hard links on one file system, else by copies.
struct FileTransfer {
    /// Whether links were found to be impossible.
    private var isCopying = false

    /// Puts a file into its place by a link, where links were not found to be impossible.
    ///
    /// - Parameters:
    ///   - source: A file that nobody writes to any more.
    ///   - target: A path where nothing is.
    ///   - otherwise: Called once, where links turn out to be impossible; may refuse the copies that follow.
    /// - Returns: Whether it could; else the caller copies.
    /// - Throws: What the system says; `stale` where the source is gone.
    mutating func link(
        _ source: String,
        at target: String,
        otherwise: () throws(StorageFailure) -> Void
    ) throws(StorageFailure) -> Bool {
        guard !self.isCopying else { return false }
        if try Self.link(source, to: target) { return true }
        try otherwise()
        self.isCopying = true
        return false
    }

    /// Makes a hard link.
    ///
    /// - Returns: Whether it could; false across file systems, or where this one has no links.
    static func link(_ source: String, to target: String) throws(StorageFailure) -> Bool {
        if unsafe Glibc.link(source, target) == 0 { return true }
        let number = errno
        switch number {
        // A system may forbid links to files of others (fs.protected_hardlinks); they can still be copied.
        case EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS: return false
        case ENOENT where !File.exists(source): throw StorageFailure(.stale, "\(source) is gone")
        default: throw .system("link", target, number)
        }
    }

    /// Copies a file, and waits until the copy is on the disk.
    static func copy(_ source: String, to target: String) throws(StorageFailure) {
        let from: File
        do { from = try File(source, flags: O_RDONLY) } catch {
            throw File.exists(source) ? error : StorageFailure(.stale, "\(source) is gone")
        }
        let to = try File(target, flags: O_CREAT | O_EXCL | O_WRONLY)
        var offset = 0
        while true {
            let bytes = try from.read(at: offset, count: 1 << 20)
            if bytes.isEmpty { break }
            try to.write(bytes, at: offset)
            offset += bytes.count
        }
        try to.synchronise()
    }

    /// Whether two paths lead to the same file, and that has so many bytes.
    static func isSame(_ one: String, _ other: String, bytes: UInt64) -> Bool {
        var (first, second) = (stat(), stat())
        guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
            && UInt64(first.st_size) == bytes
    }

    /// Length of a file, and XXH3-64 over it.
    static func digest(_ path: String) throws(StorageFailure) -> (bytes: UInt64, hash: UInt64) {
        let mapped = try MappedFile(try File(path, flags: O_RDONLY))
        return (UInt64(mapped.count), mapped.withBytes { ContentHash.hash64($0) })
    }

    /// Refuses a copy for which a disk has no room.
    ///
    /// - Parameters:
    ///   - bytes: What is to be copied.
    ///   - folder: On that disk.
    ///   - spared: Bytes that stay free on it.
    /// - Throws: `diskFull`.
    static func demandRoom(
        for bytes: UInt64,
        in folder: String,
        sparing spared: UInt64
    ) throws(StorageFailure) {
        var status = statvfs()
        guard unsafe statvfs(folder, &status) == 0 else { throw .system("statvfs", folder) }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        guard free.subtractingReportingOverflow(spared).partialValue < bytes || free < spared else { return }
        throw StorageFailure(
            .diskFull,
            "\(folder) is on another file system than the data, so \(bytes) bytes have to be copied, and its disk has "
                + "\(free) free"
        )
    }
}
