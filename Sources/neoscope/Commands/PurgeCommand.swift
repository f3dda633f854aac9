internal import ArgumentParser
internal import Foundation
internal import Node

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
    @Option(help: "Data directory of the running node. Default: as for neoscope up.") var dataDir: String?
    @Option(
        name: [.customLong("endpoint"), .customLong("api")],
        help:
            "The node's API, as https://HOST:PORT. Default: $NEOSCOPE_ENDPOINT, else the socket in the data directory."
    ) var endpoint: String?
    @OptionGroup var access: CredentialOptions
    @Option(help: "table for people, json for programs.") var output = OutputFormat.table
    @OptionGroup var options: ConfigurationOptions

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
        let client = try await self.client()
        let bytes = try await client.post("/api/v1/purge", [("before", self.before), ("trace", self.trace)])
        switch self.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table:
            let answer = try client.decode(Answer.self, bytes)
            StandardOutput.write("\(answer.purgedItems) items deleted\n")
            StandardOutput.write(ClusterScreen.missing(answer.missingNodes))
        }
    }

    private func client() async throws -> APIClient {
        if let endpoint = EndpointOptions.known(self.endpoint) {
            return APIClient(endpoint: endpoint, credentials: self.access.credentials)
        }
        // What is not valid is no answer to the question which node is meant: nothing is deleted on a guess.
        let configuration = try NodeConfiguration(
            try await self.options.resolved(["data_dir": self.dataDir]),
            environment: ProcessInfo.processInfo.environment
        )
        return APIClient(endpoint: "unix:\(configuration.dataDirectory)/admin.sock")
    }
}
