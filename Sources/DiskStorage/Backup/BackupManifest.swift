internal import Foundation
internal import Telemetry

/// What a backup consists of, as `manifest.json` says it; a folder without one is no backup.
///
/// An object in JSON, keys sorted. `xxh3` is XXH3-64 over the same object with an empty `xxh3`, so that damage to the manifest
/// itself is found.
package struct BackupManifest: Codable, Equatable, Sendable {
    /// The format that is written, and the only one that is read.
    package static let version = 1
    /// The file's name in the backup's folder.
    package static let fileName = "manifest.json"
    /// Small files of a data directory that are part of a backup, where they are there.
    ///
    /// The key of redaction hashes is not: it is a secret, and another directory draws its own.
    static let smallFiles = ["epoch", "floor", "owner", "placement", "purges"]

    /// One file.
    package struct Entry: Codable, Equatable, Sendable {
        /// Its path inside the backup, and inside a data directory.
        package var name: String
        /// Its length.
        package var bytes: UInt64
        /// XXH3-64 over all of it, 16 hexadecimal digits.
        package var xxh3: String
    }

    /// The format.
    package var version = Self.version
    /// Version of the program that made it.
    package var program: String
    /// URI of the identity that owned the data directory; nil for a process without a cluster.
    package var node: String?
    /// The cluster of that identity.
    package var cluster: String?
    /// When it was made, RFC 3339.
    package var time: String
    /// The same as cluster time, nanoseconds: everything acknowledged before is in it.
    package var clusterTime: UInt64
    /// How often the node's process had started; nil for a process without a cluster.
    package var bootEpoch: UInt64?
    /// All files, sorted by name.
    package var files: [Entry] = []
    private var xxh3 = ""

    private enum CodingKeys: String, CodingKey {
        case version, program, node, cluster, time, files, xxh3
        case clusterTime = "cluster_time"
        case bootEpoch = "boot_epoch"
    }

    init(program: String, clusterTime: ClusterTime, owner: String?, bootEpoch: UInt64?) {
        self.program = program
        self.clusterTime = clusterTime.nanoseconds
        self.time = Date(timeIntervalSince1970: Double(clusterTime.nanoseconds / 1_000_000_000))
            .formatted(.iso8601)
        let words = (owner ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        self.node = words.first
        self.cluster = words.count > 1 ? words[1] : nil
        self.bootEpoch = bootEpoch
    }

    /// The file's bytes, checksum included.
    func encoded() throws -> [UInt8] {
        var whole = self
        whole.xxh3 = Hex.text(try self.checksum())
        return try Self.encoder.encode(whole) + [0x0a]
    }

    private func checksum() throws -> UInt64 {
        var bare = self
        bare.xxh3 = ""
        return ContentHash.hash64(Array(try Self.encoder.encode(bare)).raw)
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Reads the manifest of a folder.
    ///
    /// - Throws: `notFound` where there is none, `unknownFormat` of another version, `damaged` where it is not what was written.
    package init(of folder: String) throws(StorageFailure) {
        let path = folder + "/" + Self.fileName
        guard File.exists(path) else {
            throw StorageFailure(
                .notFound,
                "\(folder) is no backup: it has no \(Self.fileName), which is written last"
            )
        }
        let file = try File(path, flags: O_RDONLY)
        let bytes = try file.read(at: 0, count: min(try file.size(), 256 << 20))
        let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        if let version = object?["version"] as? Int, version != Self.version {
            throw StorageFailure(
                .unknownFormat,
                "\(path) has version \(version), this program reads version \(Self.version)"
            )
        }
        guard let manifest = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
            let checksum = try? manifest.checksum(), manifest.xxh3 == Hex.text(checksum)
        else { throw StorageFailure(.damaged, "\(path) is damaged: its checksum does not hold") }
        for entry in manifest.files where !Self.isName(entry.name) {
            throw StorageFailure(
                .damaged,
                "\(path) names \(entry.name.prefix(80)), which is no file of a backup"
            )
        }
        self = manifest
    }

    /// Whether a file may stand in a manifest: its name is used as a path.
    private static func isName(_ name: String) -> Bool {
        if self.smallFiles.contains(name) { return true }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "segments" else { return false }
        let words = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 2, SegmentStore.suffixes.contains("." + words[1]), words[0].utf8.count == 16,
            let id = Hex.value(Array(words[0].utf8)[...])
        else { return false }
        return Hex.text(id) == words[0]
    }
}
