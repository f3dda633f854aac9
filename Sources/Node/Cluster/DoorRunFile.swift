package import DiskStorage
internal import Foundation
package import Telemetry

/// Which origins a collector's own doors had, so that windows which a crash left open can be told from other nodes'.
///
/// One file of the data directory, `doors`: a line for each door of the last starts with its run id and the cluster time at
/// which it began, in nanoseconds. It is written before a door opens, so that a frame under an origin of ours has its
/// line; a line goes when everything of its door is confirmed. A backup does not take it along, as the process that goes on
/// tells those windows itself.
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
    /// - Throws: `damaged` where the file is there and says something else; `io` where it is there and cannot be read.
    package func earlier() throws(StorageFailure) -> [Door] {
        let bytes: Data
        do { bytes = try Data(contentsOf: URL(filePath: self.path)) } catch {
            // It is written anew at each start: one that is taken for none would be lost.
            if (error as? CocoaError)?.code == .fileReadNoSuchFile { return [] }
            throw StorageFailure(.failedIO, "cannot read \(self.path): \(error.localizedDescription)")
        }
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

    /// Adds the doors of this start, and leaves out those of which everything is confirmed.
    package func add(_ doors: [Door], without settled: Set<RunID> = []) throws(StorageFailure) {
        let lines = (try self.earlier().filter { !settled.contains($0.run) } + doors).suffix(Self.doorsMax)
        let text = lines.map { "\($0.run.hex) \($0.started.nanoseconds)\n" }.joined()
        try DataDirectory.replaceFile(self.path, with: Array(text.utf8))
    }
}
