import Foundation
import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// A restore makes a directory whole or not at all.
@Suite struct BackupFolderTests {
    private static func backup() async throws -> Scratch {
        let (test, target) = (try TestStore(), try Scratch())
        for seed in UInt64(1)...4 {
            let span = TestSpan(trace: TraceID(high: seed, low: seed), span: seed)
            #expect(await test.append(try TestEdge(run: seed).spans([span])) == nil)
            await test.store.seal()
        }
        try test.scratch.write(Array("7\n".utf8), to: "epoch")
        _ = try await test.store.backUp(BackupOrder(folder: target.path), program: "1")
        await test.store.close()
        return target
    }

    @Test func `damage to any file is named`() async throws {
        let target = try await Self.backup()
        let backup = try BackupFolder(target.path)
        for entry in backup.manifest.files {
            let bytes = try target.read(entry.name)
            var flipped = bytes
            flipped[bytes.count / 2] ^= 1
            for damaged in [Array(bytes.dropLast()), bytes + [0], flipped, nil] {
                try target.remove(entry.name)
                if let damaged { try target.write(damaged, to: entry.name) }
                let found = backup.damage()
                #expect(found.count == 1 && found[0].contains(entry.name), "\(entry.name): \(found)")
                if damaged == nil { try target.write([], to: entry.name) }
            }
            try target.remove(entry.name)
            try target.write(bytes, to: entry.name)
        }
        #expect(backup.damage().isEmpty)
    }

    @Test func `the boot epoch comes back, in a file that is not the backup's`() async throws {
        let (target, place) = (try await Self.backup(), try Scratch())
        _ = try BackupFolder(target.path).restore(to: place.path)
        #expect(try place.read("epoch") == Array("7\n".utf8))
        try DataDirectory.replaceFile(place.path + "/epoch", with: [1])
        #expect(try BackupFolder(target.path).damage().isEmpty)
    }

    @Test(arguments: [
        "owner", "epoch", "segments/0000000000000001.seg", "quarantine/x", "spool/x", "anything",
    ])
    func `a directory that holds something is left as it is`(name: String) async throws {
        let (target, place) = (try await Self.backup(), try Scratch())
        do { _ = try DataDirectory(place.path) }
        try FileManager.default.createDirectory(
            atPath: place.path + "/spool",
            withIntermediateDirectories: true
        )
        try place.write([1], to: name)
        for check in [BackupFolder.check(place:), { _ = try BackupFolder(target.path).restore(to: $0) }] {
            let failure = #expect(throws: StorageFailure.self) { try check(place.path) }
            #expect(failure?.code == .notEmpty)
        }
        #expect(try place.read(name) == [1])
        _ = try DataDirectory(place.path)
    }

    @Test func `a folder of somebody else's is not even locked`() async throws {
        let (target, place) = (try await Self.backup(), try Scratch())
        try place.write([1], to: "letters")
        #expect(throws: StorageFailure.self) { try BackupFolder(target.path).restore(to: place.path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["letters"])
    }

    @Test func `a directory in use is refused`() async throws {
        let (target, place) = (try await Self.backup(), try Scratch())
        let owner = try DataDirectory(place.path)
        let failure = #expect(throws: StorageFailure.self) {
            try BackupFolder(target.path).restore(to: place.path)
        }
        #expect(failure?.code == .locked)
        extendLifetime(owner)
    }

    @Test func `after an interrupted restore nothing starts, and the next restore begins again`() async throws
    {
        let (target, place) = (try await Self.backup(), try Scratch())
        let backup = try BackupFolder(target.path)
        _ = try backup.restore(to: place.path)
        try place.write([], to: DataDirectory.restoringMarker)
        try place.remove(place.segmentFiles.first.map { "segments/" + $0 } ?? "")
        let failure = #expect(throws: StorageFailure.self) { try DataDirectory(place.path) }
        #expect(failure?.code == .damaged)
        _ = try backup.restore(to: place.path)
        #expect(place.segmentFiles == target.segmentFiles)
        _ = try DataDirectory(place.path)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
    func `a disk without room is refused, and holds nothing of the backup`() async throws {
        let (target, disk) = (try await Self.backup(), try #require(SmallDisk(bytes: 64 << 10)))
        let failure = #expect(throws: StorageFailure.self) {
            try BackupFolder(target.path).restore(to: disk.scratch.path)
        }
        #expect(failure?.code == .diskFull)
        #expect(disk.scratch.segmentFiles.isEmpty)
        _ = try DataDirectory(disk.scratch.path)
    }
}
