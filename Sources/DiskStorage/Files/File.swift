internal import Glibc
internal import Telemetry

/// An open file descriptor; closed when the last owner lets go.
final class File: Sendable {
    let descriptor: Int32
    let path: String

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - flags: Those of open(2); `O_CLOEXEC` is added.
    ///   - mode: Of a file that is created.
    /// - Throws: What the system says.
    init(_ path: String, flags: Int32, mode: mode_t = 0o640) throws(StorageFailure) {
        self.path = path
        self.descriptor = unsafe open(path, flags | O_CLOEXEC, mode)
        guard self.descriptor >= 0 else { throw .system("open", path) }
    }

    /// Bytes in the file.
    func size() throws(StorageFailure) -> Int {
        var status = stat()
        guard unsafe fstat(self.descriptor, &status) == 0 else { throw .system("fstat", self.path) }
        return Int(status.st_size)
    }

    /// Writes all bytes at a place.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageFailure) {
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(
                    self.descriptor,
                    buffer.baseAddress.map { unsafe $0 + done },
                    buffer.count - done,
                    off_t(offset + done)
                )
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw .system("write", self.path)
            }
            done += written
        }
    }

    /// Up to `count` bytes from a place; fewer at the end of the file.
    func read(at offset: Int, count: Int) throws(StorageFailure) -> [UInt8] {
        var failure: StorageFailure?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, filled in
            while filled < count {
                let got = unsafe pread(
                    self.descriptor,
                    buffer.baseAddress.map { unsafe $0 + filled },
                    count - filled,
                    off_t(offset + filled)
                )
                if got < 0 {
                    if errno == EINTR { continue }
                    failure = .system("read", self.path)
                    return
                }
                if got == 0 { return }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Lets the system forget what it keeps in memory of some bytes, so that the next read asks the disk.
    func forgetCached(_ range: Range<Int>) {
        _ = posix_fadvise(
            self.descriptor,
            off_t(range.lowerBound),
            off_t(range.count),
            POSIX_FADV_DONTNEED
        )
    }

    /// Waits until what was written is on the disk.
    func synchronise() throws(StorageFailure) {
        guard fdatasync(self.descriptor) == 0 else { throw .system("fdatasync", self.path) }
    }

    func truncate(to size: Int) throws(StorageFailure) {
        guard ftruncate(self.descriptor, off_t(size)) == 0 else { throw .system("ftruncate", self.path) }
    }

    deinit { close(self.descriptor) }

    /// Writes a whole file so that it is there entirely or not at all: beside it, synchronised, renamed.
    static func replace(_ path: String, with bytes: [UInt8]) throws(StorageFailure) {
        let temporary = path + ".tmp"
        let file = try File(temporary, flags: O_CREAT | O_TRUNC | O_WRONLY)
        try file.write(bytes, at: 0)
        try file.synchronise()
        try self.move(temporary, to: path)
    }

    static func move(_ from: String, to: String) throws(StorageFailure) {
        guard unsafe rename(from, to) == 0 else { throw .system("rename", to) }
        try self.synchroniseFolder(of: to)
    }

    /// Makes creations, renames and removals in a file's folder durable.
    static func synchroniseFolder(of path: String) throws(StorageFailure) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        let handle = try File(folder.isEmpty ? "/" : folder, flags: O_RDONLY | O_DIRECTORY)
        guard fsync(handle.descriptor) == 0 else { throw .system("fsync", folder) }
    }

    static func remove(_ path: String) throws(StorageFailure) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system("unlink", path) }
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The names in a folder, sorted; an absent folder has none.
    static func list(_ folder: String) -> [String] {
        guard let handle = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func makeFolder(_ path: String) throws(StorageFailure) {
        var partial = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            partial +=
                partial.isEmpty && part.isEmpty
                ? "/" : (partial.hasSuffix("/") || partial.isEmpty ? "" : "/") + part
            if partial == "/" || partial.isEmpty { continue }
            guard unsafe mkdir(partial, 0o750) == 0 || errno == EEXIST else {
                throw .system("mkdir", partial)
            }
        }
    }
}
