internal import ArgumentParser

struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Delete stored telemetry for good.",
        discussion: """
            On all nodes of a cluster, with all copies; nodes that did not answer are named, and to be asked again. \
            Through the node's administration socket; with --endpoint through its API, which speaks TLS and wants an \
            operator's certificate.
            """
    )

    @Option(
        parsing: .unconditional,
        help: "Everything taken in before this time: RFC 3339, Unix seconds, or -30d."
    ) var before: String?
    @Option(help: "One trace, by its id.") var trace: String?
    @OptionGroup var node: AdministrationOptions
    @Option(help: "table for people, json for programs.") var output = OutputFormat.table

    func validate() throws {
        guard (self.before == nil) != (self.trace == nil) else {
            throw ValidationError("Expected either --before or --trace.")
        }
    }

    func run() async throws {
        struct Answer: Decodable {
            var purgedItems: UInt64
            var missingNodes: [String]
        }
        let client = try await self.node.client()
        let bytes = try await client.post("/api/v1/purge", [("before", self.before), ("trace", self.trace)])
        switch self.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table:
            let answer = try client.decode(Answer.self, bytes)
            StandardOutput.write("\(answer.purgedItems) items deleted\n")
            StandardOutput.write(ClusterScreen.missing(answer.missingNodes))
        }
    }
}
