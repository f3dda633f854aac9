internal import ArgumentParser
internal import Node

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Tell the version.")

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    func run() {
        switch self.output {
        case .json: StandardOutput.write("{\"version\":\"\(NodeProcess.version)\"}\n")
        case .table: StandardOutput.write("neoscope \(NodeProcess.version)\n")
        }
    }
}
