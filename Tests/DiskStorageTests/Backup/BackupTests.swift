import Foundation
import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// A backup holds what the store held at one moment, whatever the store does meanwhile.
@Suite struct BackupTests {
    private static func fill(_ test: TestStore, seeds: ClosedRange<UInt64>) async throws {
        for seed in seeds {
            var random = SplitMix64(seed: seed)
            let spans = StoreModel.spans([random.traceID()], at: TestEdge.epoch, &random)
            #expect(await test.append(try TestEdge(run: seed).spans(spans, at: TestEdge.epoch)) == nil)
            if seed % 3 == 0 { await test.store.seal() }
        }
    }

    @Test func `it holds exactly what was acknowledged, and the store goes on`() async throws {
        let test = try TestStore()
        try await Self.fill(test, seeds: 1...8)
        let items = try test.items()
        let target = try Scratch()
        let outcome = try await test.store.backUp(BackupOrder(folder: target.path), program: "1")
        #expect(outcome.linkedFiles == outcome.files && outcome.copiedBytes == 0)
        #expect(try TestStore.items(in: target) == items)
        try await Self.fill(test, seeds: 9...9)
        await test.store.mergeAll()
        _ = try await test.store.purge(before: TestEdge.epoch.advanced(byNanoseconds: 1_000_000_000_000))
        #expect(try TestStore.items(in: target) == items)
        #expect(try BackupFolder(target.path).damage().isEmpty)
        await test.store.close()
    }

    @Test func `a restored directory holds the same, and may be merged without harm to the backup`()
        async throws
    {
        let test = try TestStore()
        try await Self.fill(test, seeds: 1...8)
        let (target, place) = (try Scratch(), try Scratch())
        _ = try await test.store.backUp(BackupOrder(folder: target.path), program: "1")
        let items = try TestStore.items(in: target)
        let backup = try BackupFolder(target.path)
        #expect(try backup.restore(to: place.path).linkedFiles == backup.manifest.files.count)
        let restored = try TestStore(place)
        #expect(try restored.items() == items)
        await restored.store.mergeAll()
        _ = try await restored.store.purge(before: TestEdge.epoch.advanced(byNanoseconds: 1_000_000_000_000))
        #expect(backup.damage().isEmpty)
        await restored.store.close()
        await test.store.close()
    }

    @Test func `segments that merges replace meanwhile are taken as they are then`() async throws {
        let test = try TestStore()
        for round in UInt64(0)..<8 {
            try await Self.fill(test, seeds: (round * 9 + 1)...(round * 9 + 9))
            let (items, target) = (try test.items(), try Scratch())
            async let merge: Void = test.store.mergeAll()
            let outcome = try await test.store.backUp(BackupOrder(folder: target.path), program: "1")
            await merge
            #expect(try TestStore.items(in: target) == items, "round \(round)")
            #expect(try BackupFolder(target.path).damage().isEmpty)
            #expect(outcome.files == target.segmentFiles.count)
        }
        await test.store.close()
    }

    @Test func `what an earlier backup has as the very same file is not read again`() async throws {
        let (test, one, two) = (try TestStore(), try Scratch(), try Scratch())
        try await Self.fill(test, seeds: 1...4)
        _ = try await test.store.backUp(BackupOrder(folder: one.path), program: "1")
        // Damage of the shared files shows which checksums were taken over: nobody else changes a sealed segment.
        let name = try #require(one.segmentFiles.first)
        let handle = try #require(FileHandle(forWritingAtPath: "\(one.path)/segments/\(name)"))
        try handle.write(contentsOf: [0xff, 0xff])
        try handle.close()
        let order = BackupOrder(folder: two.path, previous: one.path)
        _ = try await test.store.backUp(order, program: "1")
        #expect(try BackupFolder(two.path).damage().count == 1)
        #expect(try BackupManifest(of: two.path).files == BackupManifest(of: one.path).files)
        await test.store.close()
    }

    @Test func `what was purged stays purged in what is restored`() async throws {
        let (test, target, place) = (try TestStore(), try Scratch(), try Scratch())
        try await Self.fill(test, seeds: 1...2)
        let key = Key(TraceID(high: 5, low: 5))
        _ = try await test.store.purge(trace: TraceID(high: 5, low: 5))
        _ = try await test.store.purge(before: TestEdge.epoch)
        _ = try await test.store.backUp(BackupOrder(folder: target.path), program: "1")
        _ = try BackupFolder(target.path).restore(to: place.path)
        let restored = try TestStore(place, clock: test.clock)
        #expect(restored.store.tombstones == test.store.tombstones)
        #expect(restored.store.tombstones.all.map(\.key) == [key])
        #expect(restored.store.floorMinute == test.store.floorMinute)
        await restored.store.close()
        await test.store.close()
    }

    @Test func `an empty store has a backup too`() async throws {
        let (test, target, place) = (try TestStore(), try Scratch(), try Scratch())
        let outcome = try await test.store.backUp(BackupOrder(folder: target.path), program: "1")
        #expect(outcome.files == 0)
        #expect(try BackupFolder(target.path).restore(to: place.path).files == 0)
        await test.store.close()
    }

    @Test func `what is no place for a backup is refused, and left as it is`() async throws {
        let (test, taken) = (try TestStore(), try Scratch())
        try taken.write([1], to: "file")
        let folders = [
            "", "relative", "/", taken.path, taken.path + "/file", taken.path + "/file/below",
            test.scratch.path,
            test.scratch.path + "/segments/backup", "/proc/neoscope",
        ]
        for folder in folders {
            await #expect(throws: BackupRefusal.self, "\(folder)") {
                try await test.store.backUp(BackupOrder(folder: folder), program: "1")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: taken.path) == ["file"])
        await test.store.close()
        await #expect(throws: BackupRefusal.self) {
            try await test.store.backUp(BackupOrder(folder: taken.path + "/new"), program: "1")
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
    func `another file system gets copies, and links to an earlier backup on it`() async throws {
        let (test, disk) = (try TestStore(), try #require(SmallDisk(bytes: 64 << 20)))
        try await Self.fill(test, seeds: 1...8)
        let one = try await test.store.backUp(BackupOrder(folder: disk.scratch.path + "/1"), program: "1")
        #expect(one.linkedFiles == 0 && one.copiedBytes == one.bytes)
        try await Self.fill(test, seeds: 9...9)
        let order = BackupOrder(folder: disk.scratch.path + "/2", previous: disk.scratch.path + "/1")
        let two = try await test.store.backUp(order, program: "1")
        #expect(two.linkedFiles == one.files && two.copiedBytes == two.bytes - one.bytes)
        #expect(try BackupFolder(disk.scratch.path + "/2").damage().isEmpty)
        await test.store.close()
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs"))
    func `a disk without room is refused, and left empty`() async throws {
        let (test, disk) = (try TestStore(), try #require(SmallDisk(bytes: 64 << 10)))
        try await Self.fill(test, seeds: 1...30)
        await #expect(throws: BackupRefusal.self) {
            try await test.store.backUp(BackupOrder(folder: disk.scratch.path + "/1"), program: "1")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.scratch.path).isEmpty)
        await test.store.close()
    }
}
