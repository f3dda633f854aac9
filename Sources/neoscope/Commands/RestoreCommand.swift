internal import ArgumentParser
internal import DiskStorage
internal import Foundation
internal import Glibc
internal import Node
internal import Storage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory of a backup, while no node runs on it.",
        discussion: """
            Every file is read over first; a damaged one is named, and nothing is restored. The data directory must be empty or \
            absent. The node that starts on it must have the certificate of the one that was backed up, and counts its starts \
            on from there; what the cluster took in since then it gets from the others. Run it as the node's user.
            """
    )

    @Argument(help: "The folder that neoscope backup made.") var dir: String
    @Option(
        name: [.customLong("data-dir"), .customLong("data")],
        help: "The data directory to make. Default: as for neoscope up."
    ) var dataDir: String?
    @Flag(help: "Only read the backup over, and restore nothing.") var check = false
    @Option(help: "table for people, json for programs.") var output = OutputFormat.table
    @OptionGroup var options: ConfigurationOptions

    private struct Answer: Encodable {
        var dataDir: String?
        var node: String?
        var cluster: String?
        var time: String
        var bootEpoch: UInt64?
        var files: Int
        var bytes: UInt64
        var linkedFiles: Int
        var damaged: [String]
    }

    func run() async throws {
        umask(0o027)
        do throws(StorageFailure) {
            let backup = try BackupFolder(self.dir)
            let directory = self.check ? nil : try await self.directory()
            if let directory { try BackupFolder.check(place: directory) }
            let damaged = backup.damage(self.progress)
            var answer = Answer(
                node: backup.manifest.node,
                cluster: backup.manifest.cluster,
                time: backup.manifest.time,
                bootEpoch: backup.manifest.bootEpoch,
                files: backup.manifest.files.count,
                bytes: backup.bytes,
                linkedFiles: 0,
                damaged: damaged
            )
            if damaged.isEmpty, let directory {
                answer.linkedFiles = try backup.restore(to: directory).linkedFiles
                answer.dataDir = directory
            }
            self.tell(answer)
            guard damaged.isEmpty else {
                throw StorageFailure(.damaged, "\(damaged.joined(separator: "\n"))\nnothing was restored")
            }
        } catch { throw CommandFailure.runtime(error.message) }
    }

    private func tell(_ answer: Answer) {
        guard self.output == .table else {
            try? StandardOutput.write(json: answer)
            return
        }
        guard answer.damaged.isEmpty else { return }
        let size = "\(answer.files) files, \(Figures.bytes(Double(answer.bytes)))"
        var text = "\(self.dir): \(size), made \(answer.time), all whole\n"
        if let directory = answer.dataDir { text += "restored into \(directory)\n" }
        if let node = answer.node {
            text += "it is that of \(node); only a node with that certificate starts on it\n"
        }
        StandardOutput.write(text)
    }

    private func progress(_ progress: BackupProgress) {
        guard StandardError.isTerminal, self.output == .table, progress.bytes > 0 else { return }
        let share = Double(progress.bytesDone) / Double(progress.bytes)
        let isOver = progress.bytesDone >= progress.bytes
        StandardError.write("\rchecking: \(Figures.percent(share))  " + (isOver ? "\r\u{1b}[K" : ""))
    }

    private func directory() async throws(StorageFailure) -> String {
        if let directory = self.dataDir { return directory }
        do {
            return try NodeConfiguration(
                try await self.options.resolved([:]),
                environment: ProcessInfo.processInfo.environment
            ).dataDirectory
        } catch {
            throw StorageFailure(
                .notFound,
                "the configuration does not say which data directory; see --data-dir"
            )
        }
    }
}
