package import Cluster
package import DiskStorage
internal import Foundation

/// Binds a data directory to the identity that uses it, counts the starts of its process, and keeps what the cluster
/// places by.
///
/// Three files: `owner`, one line with the identity's URI and the cluster; `epoch`, a number; `placement`, three: version,
/// replication and confirmations. A directory that was copied
/// to another node is found out at its start; one that was wiped counts from one again, and learns from the others.
package struct OwnerFile: Sendable {
    private let path: String

    /// The files of a data directory.
    package init(directory: DataDirectory) { self.path = directory.path }

    /// Takes the directory for an identity.
    ///
    /// - Throws: `notPermitted` where it belongs to somebody else.
    package func bind(_ identity: Identity, cluster: String) throws(StorageFailure) {
        let line = "\(identity.uri) \(cluster)"
        let file = self.path + "/owner"
        if let known = FileManager.default.contents(atPath: file) {
            let text = String(decoding: known, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard text == line || text.isEmpty else {
                throw StorageFailure(
                    .notPermitted,
                    "the data directory \(self.path) belongs to \(text), not to \(line); was it copied? Choose "
                        + "another with --data-dir"
                )
            }
            return
        }
        try Self.write(line + "\n", to: file)
    }

    /// Takes the directory for an identity, and counts this start.
    ///
    /// - Returns: Starts so far, this one included.
    /// - Throws: What ``bind(_:cluster:)`` and ``nextEpoch()`` throw.
    func begin(as identity: Identity, of cluster: String) throws(StorageFailure) -> UInt64 {
        try self.bind(identity, cluster: cluster)
        return try self.nextEpoch()
    }

    /// Counts this start.
    ///
    /// - Returns: Starts so far, this one included.
    /// - Throws: `damaged` where the file is there and holds no number that can be counted on from.
    package func nextEpoch() throws(StorageFailure) -> UInt64 {
        let path = self.path + "/epoch"
        guard let known = FileManager.default.contents(atPath: path) else {
            try self.keep(1)
            return 1
        }
        let text = String(decoding: known, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let last = UInt64(text), last < MemberRecord.epochMax else {
            throw StorageFailure(
                .damaged,
                "expected the number of starts in \(path), not \"\(text.prefix(40))\"; remove it, and the number is learned "
                    + "from the other nodes"
            )
        }
        try self.keep(last + 1)
        return last + 1
    }

    /// Keeps a number of starts that turned out to be higher.
    package func keep(_ epoch: UInt64) throws(StorageFailure) {
        try Self.write("\(epoch)\n", to: self.path + "/epoch")
    }

    /// What the cluster placed by when the process last ran; nil where nobody has changed what is configured.
    ///
    /// - Throws: `damaged` where the file is there and says something else.
    package func placement() throws(StorageFailure) -> PlacementParameters? {
        let path = self.path + "/placement"
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        let numbers = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map {
            UInt64($0)
        }
        guard numbers.count == 3, let version = numbers[0], let replication = numbers[1],
            let confirmations = numbers[2],
            let parameters = PlacementParameters(
                version: version,
                replication: Int(clamping: replication),
                confirmations: Int(clamping: confirmations)
            )
        else {
            throw StorageFailure(
                .damaged,
                "expected three numbers in \(path): version, replication and confirmations; remove it to learn them "
                    + "from the other nodes"
            )
        }
        return parameters
    }

    /// Keeps what the cluster places by from now on.
    package func keep(_ parameters: PlacementParameters) throws(StorageFailure) {
        let line = "\(parameters.version) \(parameters.replication) \(parameters.confirmations)\n"
        try Self.write(line, to: self.path + "/placement")
    }

    private static func write(_ text: String, to path: String) throws(StorageFailure) {
        try DataDirectory.replaceFile(path, with: Array(text.utf8))
    }
}
