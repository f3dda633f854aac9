internal import Glibc
package import Storage
internal import Telemetry

/// A backup on the disk, to be checked and restored; nothing of a node runs meanwhile.
package struct BackupFolder: Sendable {
    /// What a restore did.
    package struct Restored: Equatable, Sendable {
        /// Files that were restored.
        package var files = 0
        /// Bytes of these files.
        package var bytes: UInt64 = 0
        /// Files that share their bytes with the backup; they are never written to.
        package var linkedFiles = 0
    }

    /// Where it is.
    package let path: String
    /// What it says of itself.
    package let manifest: BackupManifest

    /// Reads the manifest; the files are not looked at yet.
    ///
    /// - Throws: As `BackupManifest.init(of:)`.
    package init(_ path: String) throws(StorageFailure) {
        self.path = path
        self.manifest = try BackupManifest(of: path)
    }

    /// Bytes of all files.
    package var bytes: UInt64 { self.manifest.files.reduce(0) { $0 + $1.bytes } }

    /// Reads every file, and says what is wrong with it.
    ///
    /// - Parameter progress: Called after each file.
    /// - Returns: A sentence for each file that is missing or damaged.
    /// - Complexity: Reads everything once.
    package func damage(_ progress: (BackupProgress) -> Void = { _ in }) -> [String] {
        var problems: [String] = []
        var done = BackupProgress(bytes: self.bytes)
        for entry in self.manifest.files {
            let file = "\(self.path)/\(entry.name)"
            do throws(StorageFailure) {
                let found = try FileTransfer.digest(file)
                if found.bytes != entry.bytes {
                    problems.append("\(file) has \(found.bytes) bytes instead of \(entry.bytes)")
                } else if Hex.text(found.hash) != entry.xxh3 {
                    problems.append("\(file) is damaged: its checksum does not hold")
                }
            } catch { problems.append(File.exists(file) ? error.message : "\(file) is missing") }
            done.bytesDone += entry.bytes
            progress(done)
        }
        return problems
    }

    /// Makes a data directory of the backup, by hard links where that is on the same file system.
    ///
    /// The directory must be absent or hold nothing; one whose restore was interrupted is begun again. The process that starts on
    /// it counts on from the backup's boot epoch. Call ``damage(_:)`` before: here nothing is read over.
    ///
    /// - Parameter directory: Its path.
    /// - Returns: What is in it now.
    /// - Throws: `locked` where a process uses it, `notEmpty`, `diskFull`, else the system's word; then nothing of the backup is
    ///   left in it.
    package func restore(to directory: String) throws(StorageFailure) -> Restored {
        let target = try Self.take(directory)
        let marker = target.path + "/" + DataDirectory.restoringMarker
        if File.exists(marker) {
            try Self.clear(target)
        } else {
            try File.replace(marker, with: Array("an interrupted restore; run it again\n".utf8))
        }
        let restored: Restored
        do throws(StorageFailure) { restored = try self.put(into: target) } catch {
            try? Self.clear(target)
            try? File.remove(marker)
            throw error
        }
        try File.remove(marker)
        try File.synchroniseFolder(of: marker)
        return restored
    }

    /// Refuses a directory into which nothing can be restored, before a backup is read over for it; changes nothing.
    ///
    /// - Parameter directory: Its path.
    /// - Throws: `locked` where a process uses it, `notEmpty`, else the system's word.
    package static func check(place directory: String) throws(StorageFailure) {
        guard !File.list(directory).isEmpty else { return }
        _ = try self.take(directory)
    }

    /// Locks a directory that holds nothing, or what an interrupted restore left.
    private static func take(_ directory: String) throws(StorageFailure) -> DataDirectory {
        let names = File.list(directory)
        guard names.isEmpty || names.contains("lock") else { throw self.notEmpty(directory, names) }
        let target = try DataDirectory(directory, isRestoring: true)
        guard !File.exists(target.path + "/" + DataDirectory.restoringMarker) else { return target }
        let held = self.held(in: target)
        guard held.isEmpty else { throw self.notEmpty(directory, held) }
        return target
    }

    private func put(into target: DataDirectory) throws(StorageFailure) -> Restored {
        var restored = Restored()
        var transfer = FileTransfer()
        for entry in self.manifest.files {
            let (source, place) = ("\(self.path)/\(entry.name)", "\(target.path)/\(entry.name)")
            let isLinked: Bool
            if BackupManifest.smallFiles.contains(entry.name) {
                // They are replaced as the process runs, and nobody should have to remember that they may not be written to.
                try FileTransfer.copy(source, to: place)
                isLinked = false
            } else {
                isLinked = try transfer.link(source, at: place) { () throws(StorageFailure) in
                    try FileTransfer.demandRoom(for: self.bytes, in: target.path, sparing: 0)
                }
                if !isLinked { try FileTransfer.copy(source, to: place) }
            }
            restored.files += 1
            restored.bytes += entry.bytes
            if isLinked { restored.linkedFiles += 1 }
        }
        try File.synchroniseFolder(of: target.segments + "/x")
        try File.synchroniseFolder(of: target.path + "/x")
        return restored
    }

    /// What a directory holds beside what every start makes.
    private static func held(in target: DataDirectory) -> [String] {
        let harmless: Set = ["lock", "format", "segments", "quarantine", "redaction.key"]
        return File.list(target.path).filter { !harmless.contains($0) }
            + File.list(target.segments).map { "segments/" + $0 }
            + File.list(target.quarantine).map { "quarantine/" + $0 }
    }

    /// Removes what an interrupted restore left; nothing else was there when it began.
    private static func clear(_ target: DataDirectory) throws(StorageFailure) {
        for name in File.list(target.segments) { try File.remove("\(target.segments)/\(name)") }
        for name in BackupManifest.smallFiles { try File.remove("\(target.path)/\(name)") }
    }

    private static func notEmpty(_ directory: String, _ names: [String]) -> StorageFailure {
        StorageFailure(
            .notEmpty,
            "the data directory \(directory) is not empty (it holds \(names.prefix(3).joined(separator: ", "))"
                + "\(names.count > 3 ? ", …" : "")); a backup is restored into an empty one"
        )
    }
}
