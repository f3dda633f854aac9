internal import Glibc
internal import Telemetry

/// The one folder a process keeps everything in; locked while it lives.
package final class DataDirectory: Sendable {
    /// The format of the folder's layout.
    package static let version = 1

    /// Where it is, as it was given.
    package let path: String
    private let lock: File

    /// A file that is there while a backup is restored into the folder.
    static let restoringMarker = "restoring"

    /// Creates the folder where it is missing, and takes its lock.
    ///
    /// - Throws: `locked` where another process holds it, `unknownFormat` for a newer layout, `damaged` where a backup was
    ///   being restored into it, else the system's word.
    package convenience init(_ path: String) throws(StorageFailure) {
        try self.init(path, isRestoring: false)
    }

    /// As ``init(_:)``; whoever restores may take what an interrupted restore left.
    init(_ path: String, isRestoring: Bool) throws(StorageFailure) {
        self.path = path
        try File.makeFolder(path)
        let lockPath = path + "/lock"
        self.lock = try File(lockPath, flags: O_CREAT | O_RDWR)
        guard flock(self.lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder =
                (try? self.lock.read(at: 0, count: 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw StorageFailure(
                .locked,
                "the data directory \(path) is in use by another neoscope process"
                    + (holder.isEmpty ? "" : " (pid \(holder.filter(\.isNumber)))")
                    + "; stop it, or choose another with --data-dir"
            )
        }
        guard isRestoring || !File.exists(path + "/" + Self.restoringMarker) else {
            throw StorageFailure(
                .damaged,
                "a backup was being restored into the data directory \(path), and that did not come to its end; run "
                    + "neoscope restore again"
            )
        }
        try self.lock.truncate(to: 0)
        try self.lock.write(Array("\(getpid())\n".utf8), at: 0)
        try self.checkFormat()
        for folder in [self.segments, self.quarantine] { try File.makeFolder(folder) }
    }

    /// Segments and their index files.
    package var segments: String { self.path + "/segments" }
    /// Bytes that were damaged, kept for a person to look at.
    package var quarantine: String { self.path + "/quarantine" }

    /// An agent's spool; made by the spool itself.
    package var spool: String { self.path + "/spool" }

    /// Copies damaged bytes of a file into the quarantine, at most 64 MiB of them.
    ///
    /// - Parameters:
    ///   - range: Bytes of the file.
    ///   - file: Where they are; it stays as it is.
    ///   - name: Of the copy, which takes the place of an older one of the same name.
    /// - Throws: What the system says.
    func setAside(_ range: Range<Int>, of file: File, as name: String) throws(StorageFailure) {
        let bytes = try file.read(at: range.lowerBound, count: min(range.count, 64 << 20))
        try File.replace(self.quarantine + "/" + name, with: bytes)
    }

    /// Bytes of the disk, and how many of them are free to this user.
    package func space() -> (total: UInt64, free: UInt64) {
        var status = statvfs()
        guard unsafe statvfs(self.path, &status) == 0 else { return (0, 0) }
        return (
            UInt64(status.f_blocks) * UInt64(status.f_frsize),
            UInt64(status.f_bavail) * UInt64(status.f_frsize)
        )
    }

    /// What the file `format` says before the number.
    private static let formatWords = "neoscope data directory, format "

    private func checkFormat() throws(StorageFailure) {
        let path = self.path + "/format"
        guard File.exists(path) else {
            try File.replace(path, with: Array("\(Self.formatWords)\(Self.version)\n".utf8))
            return
        }
        let text = String(decoding: try File(path, flags: O_RDONLY).read(at: 0, count: 128), as: UTF8.self)
        let isOurs = text.hasPrefix(Self.formatWords)
        let version = isOurs ? Int(text.dropFirst(Self.formatWords.count).prefix { $0.isNumber }) : nil
        guard version == Self.version else {
            throw StorageFailure(
                .unknownFormat,
                "\(path) says format \(version.map(String.init) ?? "unknown"), this program reads format "
                    + "\(Self.version); use the program that wrote it, or another --data-dir"
            )
        }
    }
}

extension DataDirectory {
    /// Writes a small file so that it is there entirely or not at all.
    package static func replaceFile(_ path: String, with bytes: [UInt8]) throws(StorageFailure) {
        try File.replace(path, with: bytes)
    }
}
