import Foundation
import Storage
import Telemetry
import TestSupport
import Testing

@testable import DiskStorage

/// What a manifest says is believed only where it is whole.
@Suite struct BackupManifestTests {
    private static func manifest() -> BackupManifest {
        var manifest = BackupManifest(
            program: "1.2.3",
            clusterTime: TestEdge.epoch,
            owner: "urn:neoscope:collector:node-1 cluster-1",
            bootEpoch: 7
        )
        manifest.files = [
            BackupManifest.Entry(name: "segments/0000000000000001.seg", bytes: 5, xxh3: "0123456789abcdef"),
            BackupManifest.Entry(name: "epoch", bytes: 2, xxh3: "0000000000000000"),
        ]
        return manifest
    }

    private static func read(_ bytes: [UInt8]) throws -> BackupManifest {
        let scratch = try Scratch()
        try scratch.write(bytes, to: BackupManifest.fileName)
        return try BackupManifest(of: scratch.path)
    }

    @Test func `what is written is read`() throws {
        let read = try Self.read(Self.manifest().encoded())
        #expect(read.files == Self.manifest().files && read.bootEpoch == 7)
        #expect(read.node == "urn:neoscope:collector:node-1" && read.cluster == "cluster-1")
    }

    @Test func `a flipped bit anywhere but in white space is found`() throws {
        let bytes = try Self.manifest().encoded()
        for place in bytes.indices where bytes[place] > 0x20 {
            var damaged = bytes
            damaged[place] ^= 1
            #expect(throws: StorageFailure.self, "byte \(place)") { try Self.read(damaged) }
        }
    }

    @Test func `one that was cut is no manifest`() throws {
        let bytes = try Self.manifest().encoded()
        for count in 0..<(bytes.count - 2) {
            #expect(throws: StorageFailure.self, "\(count) bytes") {
                try Self.read(Array(bytes.prefix(count)))
            }
        }
    }

    @Test(
        arguments: [
            "../segments/0000000000000001.seg", "/etc/passwd", "segments/../owner", "segments/1.seg",
            "segments/0000000000000001.tmp", "segments/000000000000000A.seg", "lock", "redaction.key", "",
        ]
    )
    func `a name that leads elsewhere is refused`(name: String) throws {
        var manifest = Self.manifest()
        manifest.files[0].name = name
        #expect(throws: StorageFailure.self) { try Self.read(manifest.encoded()) }
    }

    @Test func `another version is told apart from damage`() throws {
        var manifest = Self.manifest()
        manifest.version = 2
        let failure = #expect(throws: StorageFailure.self) { try Self.read(manifest.encoded()) }
        #expect(failure?.code == .unknownFormat)
    }
}
