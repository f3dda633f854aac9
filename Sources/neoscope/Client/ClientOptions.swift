internal import ArgumentParser
internal import Foundation

/// The options of every command that asks a node, but for the form of its output.
struct EndpointOptions: ParsableArguments {
    @Option(
        name: [.customLong("endpoint"), .customLong("api")],
        help: "The node's API. Default: $NEOSCOPE_ENDPOINT, else http://127.0.0.1:8900."
    )
    var endpoint: String?

    @OptionGroup var access: CredentialOptions

    var client: APIClient {
        var text =
            self.endpoint ?? ProcessInfo.processInfo.environment["NEOSCOPE_ENDPOINT"]
            ?? "http://127.0.0.1:8900"
        if !text.contains("://") { text = "http://" + text }
        while text.hasSuffix("/") { text.removeLast() }
        return APIClient(endpoint: text, credentials: self.access.credentials)
    }
}

/// The options of every command that asks a node.
struct ClientOptions: ParsableArguments {
    @OptionGroup var node: EndpointOptions

    @Option(help: "table for people, json for programs.")
    var output = OutputFormat.table

    var client: APIClient { self.node.client }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
}
