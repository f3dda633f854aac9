internal import ArgumentParser

struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "services", abstract: "List services.")

    @OptionGroup var options: ClientOptions

    func run() async throws {
        struct Answer: Decodable {
            var services: [String]
            var missingNodes: [String]
        }
        let client = self.options.client
        let bytes = try await client.get("/api/v1/services")
        switch self.options.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .table:
            let answer = try client.decode(Answer.self, bytes)
            StandardOutput.write(answer.services.map { Figures.plain($0) + "\n" }.joined())
            StandardOutput.write(ClusterScreen.missing(answer.missingNodes))
        }
    }
}
