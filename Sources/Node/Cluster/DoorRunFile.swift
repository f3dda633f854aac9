package import DiskStorage
internal import Foundation
package import Telemetry

/// Which origins a collector's own doors had, so that windows which a crash left open can be told from other nodes'.
///
/// One file of the data directory, `doors`: a line for each door of the last starts with its run id and the cluster time at
/// which it began, in nanoseconds. It is written before a door opens, so that a frame under an origin of ours has its
/// line; a backup does not take it along, as the process that goes on tells those windows itself.
package struct DoorRunFile: Sendable {
    /// One door of a start.
    package struct Door: Equatable, Sendable {
        /// Its origin.
        package var run: RunID
        /// When it began to watch.
        package var started: ClusterTime

        /// A known door.
        package init(run: RunID, started: ClusterTime) {
            self.run = run
            self.started = started
        }
    }

    /// Lines that are kept, the newest; what is older was settled by the starts in between.
    static let doorsMax = 1024

    private let path: String

    /// The file of a data directory.
    package init(directory: DataDirectory) { self.path = directory.path + "/doors" }

    /// The doors of earlier starts, the oldest first.
    ///
    /// - Throws: `damaged` where the file is there and says something else.
    package func earlier() throws(StorageFailure) -> [Door] {
        guard let bytes = FileManager.default.contents(atPath: self.path) else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        var doors: [Door] = []
        for line in lines {
            let fields = line.split(separator: " ")
            guard fields.count == 2, let id = TraceID(hex: String(fields[0])), let time = UInt64(fields[1])
            else {
                throw StorageFailure(
                    .damaged,
                    "expected a run id and a time in each line of \(self.path), not \"\(line.prefix(60))\"; remove it, "
                        + "and windows that a crash left open are not counted"
                )
            }
            doors.append(
                Door(run: RunID(high: id.high, low: id.low), started: ClusterTime(nanoseconds: time))
            )
        }
        return doors
    }

    /// Adds the doors of this start.
    package func add(_ doors: [Door]) throws(StorageFailure) {
        let lines = (try self.earlier() + doors).suffix(Self.doorsMax).map { door in
            "\(door.run.hex) \(door.started.nanoseconds)\n"
        }
        try DataDirectory.replaceFile(self.path, with: Array(lines.joined().utf8))
    }
}
