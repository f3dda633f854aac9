internal import ArgumentParser

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say how the hosts and the programs on them are doing.",
        discussion: """
            Any node of a cluster answers for all of it. One page with charts that needs nothing else:
              neoscope report --output html > report.html
            """
    )

    /// The forms of a report.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
        case html
    }

    @Option(
        parsing: .unconditional,
        help: "From this time: RFC 3339, Unix seconds, or -15m. Default: an hour ago."
    ) var from: String?
    @Option(parsing: .unconditional, help: "Up to this time. Default: now.") var to: String?
    @OptionGroup var node: EndpointOptions

    @Option(help: "table for people, json for programs, html for browsers.")
    var output = Format.table

    func run() async throws {
        let client = self.node.client
        let format = self.output == .html ? "html" : nil
        let query = [("from", self.from), ("to", self.to), ("format", format)]
        let bytes = try await client.get("/api/v1/report", query)
        switch self.output {
        case .json: StandardOutput.write(bytes + [0x0a])
        case .html: StandardOutput.write(bytes)
        case .table: StandardOutput.write(ReportScreen.render(try client.decode(ReportAnswer.self, bytes)))
        }
    }
}
