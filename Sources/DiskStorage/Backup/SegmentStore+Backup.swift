internal import Foundation
package import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// What a sealed segment consists of.
    static let suffixes = [".seg", ".keys", ".sqlite"]

    /// How far a backup has come; nil while none is made.
    package var backupProgress: BackupProgress? { self.backup.withLock { $0 } }

    /// Copies everything acknowledged until now into a folder, by hard links where that is on the same file system.
    ///
    /// The open log is sealed first. Ingest, reads, merges and retention go on meanwhile. The manifest comes last: what a
    /// crash leaves behind is no backup.
    ///
    /// - Parameters:
    ///   - order: Where to.
    ///   - program: The program's version, for the manifest.
    /// - Returns: What was linked and copied.
    /// - Throws: ``BackupRefusal``; then nothing is left in the folder.
    package func backUp(_ order: BackupOrder, program: String) async throws -> BackupOutcome {
        try self.check(order)
        let isFree = self.backup.withLock { progress in
            defer { progress = progress ?? BackupProgress() }
            return progress == nil
        }
        guard isFree else { throw BackupRefusal(.busy, "another backup is being made; wait for its end") }
        defer { self.backup.withLock { $0 = nil } }
        let manifest = BackupManifest(
            program: program,
            clusterTime: self.now(),
            owner: self.small("owner"),
            bootEpoch: self.small("epoch").flatMap { UInt64($0) }
        )
        try await self.sealForBackup()
        let thread = WorkerThread("neoscope-backup", niceness: 10)
        defer { thread.stop() }
        let result = Mutex<Result<BackupOutcome, any Error>?>(nil)
        await thread.run {
            let made = Result {
                var maker = try BackupMaker(self, order)
                return try maker.make(manifest)
            }
            result.withLock { $0 = made }
        }
        do {
            guard let outcome = try result.withLock({ try $0?.get() }) else {
                throw StorageFailure(.closed, "the store is shutting down")
            }
            return outcome
        } catch let failure as StorageFailure { throw BackupRefusal(failure) }
    }

    private func check(_ order: BackupOrder) throws {
        for path in [order.folder] + (order.previous.map { [$0] } ?? []) {
            guard path.hasPrefix("/"), path != "/", !path.utf8.contains(0) else {
                throw BackupRefusal(.folder, "expected the absolute path of a folder, not \"\(path)\"")
            }
        }
        let own = URL(fileURLWithPath: self.directory.path).resolvingSymlinksInPath().path
        let folder = URL(fileURLWithPath: order.folder).resolvingSymlinksInPath().path
        guard !(folder + "/").hasPrefix(own + "/") else {
            throw BackupRefusal(
                .folder,
                "\(order.folder) is inside the data directory \(self.directory.path)"
            )
        }
    }

    /// The text of a small file of the data directory; nil where it is not there.
    private func small(_ name: String) -> String? {
        FileManager.default.contents(atPath: self.directory.path + "/" + name).map { data in
            String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// Seals the open log and all that wait for it; what cannot be sealed could not be in the backup.
    private func sealForBackup() async throws {
        let written = Mutex<Set<UInt64>>([])
        await self.writer.run {
            self.rotate()
            let ids = self.state.withLock { state in
                let ids = state.closing.map(\.id)
                guard let open = state.active, open.state.withLock({ $0.end > SegmentHeader.byteCount })
                else {
                    return ids
                }
                return ids + [open.id]
            }
            written.withLock { $0 = Set(ids) }
        }
        await self.indexer.run { self.sealLeftOver() }
        let ids = written.withLock { $0 }
        let (isClosed, isLeft) = self.state.withLock { state in
            let open = state.closing + (state.active.map { [$0] } ?? [])
            return (state.isClosed, open.contains { ids.contains($0.id) })
        }
        guard !isClosed else {
            throw BackupRefusal(.failed, "the process is about to end; back up once it runs again")
        }
        guard !isLeft else {
            throw BackupRefusal(
                .failed,
                "a log could not be sealed, so there is no backup; is the disk full?"
            )
        }
    }
}

extension BackupRefusal {
    fileprivate init(_ failure: StorageFailure) {
        let code: Code =
            switch failure.code {
            case .diskFull: .diskFull
            case .notEmpty, .notFound, .notPermitted, .damaged, .unknownFormat: .folder
            default: .failed
            }
        self.init(code, failure.message)
    }
}
