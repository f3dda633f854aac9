internal import ArgumentParser
internal import Foundation
internal import Node

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy everything that a running node holds into a folder of its host.",
        discussion: """
            Everything acknowledged before the command is in it. By hard links where the folder is on the file system of the \
            data: that takes no room until the node deletes its own, and each file is read once for its checksum. Elsewhere it is copied. \
            --previous names an earlier backup beside it: what is the same is linked, and not read again. Private keys are not part of it. Each node is \
            backed up by itself; see neoscope restore.
            """
    )

    @Argument(help: "A new folder, or an empty one, that the node's user may write to.") var dir: String
    @Option(help: "An earlier backup on the same file system as DIR.") var previous: String?
    @OptionGroup var node: AdministrationOptions
    @Option(help: "table for people, json for programs.") var output = OutputFormat.table

    private struct Answer: Decodable {
        var dir: String
        var files: Int
        var bytes: Double
        var linkedFiles: Int
        var copiedBytes: Double
    }

    private struct Progress: Decodable {
        var isRunning: Bool
        var bytes: Double
        var bytesDone: Double
    }

    func run() async throws {
        var client = try await self.node.client()
        let watch = client
        // Copies to a slow disk take their time; the node itself says when it gives up.
        client.secondsMax = 86_400
        let query = [("dir", self.absolute(self.dir)), ("previous", self.previous.map(self.absolute))]
        let isWatched = StandardError.isTerminal && self.output == .table
        let watching = Task { if isWatched { await Self.show(watch) } }
        let result: Result<[UInt8], any Error>
        do { result = .success(try await client.post("/api/v1/backup", query)) } catch {
            result = .failure(error)
        }
        watching.cancel()
        await watching.value
        let bytes = try result.get()
        switch self.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table: StandardOutput.write(Self.text(try client.decode(Answer.self, bytes)))
        }
    }

    /// A path as the node understands it; one of this host where the node is on this host.
    private func absolute(_ path: String) -> String {
        guard self.node.isLocal, !path.isEmpty else { return path }
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private static func text(_ answer: Answer) -> String {
        let size = "\(answer.files) files, \(Figures.bytes(answer.bytes))"
        let how =
            answer.copiedBytes == 0
            ? "all linked"
            : answer.linkedFiles == 0
                ? "copied, as they could not be linked"
                : "\(Figures.bytes(answer.copiedBytes)) of them copied, the rest linked"
        return "\(answer.dir): \(size), \(how)\n"
    }

    /// Tells every second how far it has come.
    private static func show(_ client: APIClient) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard let progress = try? await client.get("/api/v1/backup", as: Progress.self),
                progress.isRunning
            else { continue }
            let share = progress.bytes > 0 ? progress.bytesDone / progress.bytes : 0
            StandardError.write("\r\(Figures.percent(share)) of \(Figures.bytes(progress.bytes))   ")
        }
        StandardError.write("\r\u{1b}[K")
    }
}
