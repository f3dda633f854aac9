internal import ArgumentParser

struct ScrubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Read everything that one node stores again, now, and set aside what is damaged.",
        discussion: """
            A node does so by itself, slowly (storage.scrub_bytes_per_second). In a cluster repair then fetches what was \
            damaged from a node that holds it too. Through the node's administration socket; with --endpoint through its \
            API, which speaks TLS and wants an operator's certificate.
            """
    )

    @OptionGroup var node: AdministrationOptions
    @Option(help: "table for people, json for programs.") var output = OutputFormat.table

    func run() async throws {
        struct Answer: Decodable {
            var readBytes: UInt64
            var damagedFrames: UInt64
            var damagedItems: UInt64
            var failures: UInt64
        }
        let client = try await self.node.client()
        let bytes = try await client.post("/api/v1/scrub", [])
        switch self.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table:
            let answer = try client.decode(Answer.self, bytes)
            StandardOutput.write("\(answer.readBytes) bytes read\n")
            StandardOutput.write(
                "\(answer.damagedFrames) damaged frames with \(answer.damagedItems) items set aside\n"
            )
            if answer.failures > 0 {
                StandardOutput.write("\(answer.failures) segments could not be read or mended\n")
            }
        }
    }
}
