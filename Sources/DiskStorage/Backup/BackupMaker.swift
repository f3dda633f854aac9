internal import Glibc
internal import Storage
internal import Synchronization
internal import Telemetry

/// Copies what a store has sealed into a folder, file by file, while the store goes on; blocking IO.
///
/// Merges and retention may delete a file before it was reached: then the list is made anew, and what is on it no more is
/// removed from the folder too. So the folder holds what the store held at one moment.
struct BackupMaker {
    private let store: SegmentStore
    private let folder: String
    private let previous: (path: String, entries: [String: BackupManifest.Entry])?
    private var transfer = FileTransfer()
    /// Files in their place, by name.
    private var done: [String: BackupManifest.Entry] = [:]
    private var linked: Set<String> = []

    /// How often the list is made anew before the disk is believed to be too busy.
    private static let attemptsMax = 16

    init(_ store: SegmentStore, _ order: BackupOrder) throws(StorageFailure) {
        self.store = store
        self.folder = order.folder
        if let path = order.previous {
            let manifest = try BackupManifest(of: path)
            let entries = Dictionary(manifest.files.map { ($0.name, $0) }) { first, _ in first }
            self.previous = (path, entries)
        } else {
            self.previous = nil
        }
    }

    /// Makes the backup; on a failure nothing of it is left.
    mutating func make(_ manifest: BackupManifest) throws -> BackupOutcome {
        let isNew = try self.takeFolder()
        do { return try self.fill(manifest) } catch {
            for name in self.done.keys { try? File.remove("\(self.folder)/\(name)") }
            for name in File.list(self.folder + "/segments") {
                try? File.remove("\(self.folder)/segments/\(name)")
            }
            for name in [BackupManifest.fileName, BackupManifest.fileName + ".tmp"] {
                try? File.remove("\(self.folder)/\(name)")
            }
            _ = unsafe rmdir(self.folder + "/segments")
            if isNew { _ = unsafe rmdir(self.folder) }
            throw error
        }
    }

    /// Creates the folder where it is missing; one that holds anything is refused.
    ///
    /// - Returns: Whether it was created.
    private func takeFolder() throws(StorageFailure) -> Bool {
        let isNew = !File.exists(self.folder)
        try File.makeFolder(self.folder)
        // A file of that name is no folder, and gives no names either.
        _ = try File(self.folder, flags: O_RDONLY | O_DIRECTORY)
        guard File.list(self.folder).isEmpty else {
            throw StorageFailure(.notEmpty, "\(self.folder) is not empty; a backup wants a folder of its own")
        }
        return isNew
    }

    private mutating func fill(_ manifest: BackupManifest) throws -> BackupOutcome {
        try File.makeFolder(self.folder + "/segments")
        var attempts = 0
        while try !self.putSegments() {
            attempts += 1
            guard attempts < Self.attemptsMax else {
                throw StorageFailure(.stale, "segments were replaced again and again; repeat the backup")
            }
        }
        for name in BackupManifest.smallFiles where File.exists(self.store.directory.path + "/" + name) {
            let target = "\(self.folder)/\(name)"
            try FileTransfer.copy(self.store.directory.path + "/" + name, to: target)
            try self.note(name, isLinked: false)
        }
        var manifest = manifest
        manifest.files = self.done.values.sorted { $0.name < $1.name }
        try File.synchroniseFolder(of: self.folder + "/segments/x")
        try File.replace(self.folder + "/" + BackupManifest.fileName, with: try manifest.encoded())
        try File.synchroniseFolder(of: self.folder)
        var outcome = BackupOutcome(folder: self.folder)
        outcome.files = manifest.files.count
        outcome.linkedFiles = self.linked.count
        for entry in manifest.files {
            outcome.bytes += entry.bytes
            if !self.linked.contains(entry.name) { outcome.copiedBytes += entry.bytes }
        }
        outcome.clusterTime = manifest.clusterTime
        outcome.bootEpoch = manifest.bootEpoch
        return outcome
    }

    /// Puts all files of the segments that are sealed now into the folder, and takes others out of it.
    ///
    /// - Returns: Whether all were there.
    private mutating func putSegments() throws(StorageFailure) -> Bool {
        let sealed = self.store.state.withLock { $0.sealed }
        let sources = sealed.flatMap { segment in
            SegmentStore.suffixes.map {
                (name: "segments/\(Hex.text(segment.id))\($0)", path: segment.path + $0)
            }
        }
        let names = Set(sources.map(\.name))
        for name in self.done.keys where !names.contains(name) {
            try File.remove("\(self.folder)/\(name)")
            self.done[name] = nil
            self.linked.remove(name)
        }
        let bytes = sealed.reduce(0) { $0 + UInt64($1.bytes + $1.indexBytes) }
        self.tellProgress(of: bytes)
        for source in sources where self.done[source.name] == nil {
            do throws(StorageFailure) {
                try self.put(source.path, as: source.name, of: sources.map(\.path))
            } catch {
                guard error.code == .stale else { throw error }
                try File.remove("\(self.folder)/\(source.name)")
                return false
            }
            self.tellProgress(of: bytes)
        }
        return true
    }

    private mutating func put(
        _ source: String,
        as name: String,
        of sources: [String]
    ) throws(StorageFailure) {
        let target = "\(self.folder)/\(name)"
        let (folder, low, isFirst) = (self.folder, self.store.options.lowDiskBytes, self.previous == nil)
        var isLinked = try self.transfer.link(source, at: target) { () throws(StorageFailure) in
            // How much of it an earlier backup has is not known before.
            guard isFirst else { return }
            try FileTransfer.demandRoom(for: Self.bytes(of: sources), in: folder, sparing: low)
        }
        if !isLinked { isLinked = try self.linkPrevious(source, name) }
        if !isLinked { try FileTransfer.copy(source, to: target) }
        try self.note(name, isLinked: isLinked)
    }

    private static func bytes(of sources: [String]) -> UInt64 {
        sources.reduce(0) { sum, path in
            sum + UInt64(clamping: (try? File(path, flags: O_RDONLY).size()) ?? 0)
        }
    }

    /// Links a file of the earlier backup, where that has the same.
    private func linkPrevious(_ source: String, _ name: String) throws(StorageFailure) -> Bool {
        guard let previous = self.previous, let entry = previous.entries[name] else { return false }
        let digest: (bytes: UInt64, hash: UInt64)
        do { digest = try FileTransfer.digest(source) } catch { return false }
        guard digest.bytes == entry.bytes, Hex.text(digest.hash) == entry.xxh3 else { return false }
        do { return try FileTransfer.link("\(previous.path)/\(name)", to: "\(self.folder)/\(name)") } catch {
            guard error.code == .stale else { throw error }
            return false
        }
    }

    private mutating func note(_ name: String, isLinked: Bool) throws(StorageFailure) {
        if isLinked { self.linked.insert(name) }
        if let known = self.knownEntry(name) {
            self.done[name] = known
            return
        }
        let digest = try FileTransfer.digest("\(self.folder)/\(name)")
        self.done[name] = BackupManifest.Entry(name: name, bytes: digest.bytes, xxh3: Hex.text(digest.hash))
    }

    /// What the earlier backup says of a file, where that is the very same one, so that it need not be read again.
    private func knownEntry(_ name: String) -> BackupManifest.Entry? {
        guard let previous = self.previous, let entry = previous.entries[name],
            FileTransfer.isSame("\(previous.path)/\(name)", "\(self.folder)/\(name)", bytes: entry.bytes)
        else { return nil }
        return entry
    }

    private func tellProgress(of bytes: UInt64) {
        let done = self.done.values.reduce(0) { $0 + $1.bytes }
        self.store.backup.withLock { $0 = BackupProgress(bytes: max(bytes, done), bytesDone: done) }
    }
}
