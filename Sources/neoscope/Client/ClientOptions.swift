internal import ArgumentParser
internal import Foundation

/// The options of every command that asks a node, but for the form of its output.
struct EndpointOptions: ParsableArguments {
    @Option(
        name: [.customLong("endpoint"), .customLong("api")],
        help:
            "The node's API, or unix:PATH of a socket. Default: $NEOSCOPE_ENDPOINT, else http://127.0.0.1:8900."
    )
    var endpoint: String?

    @OptionGroup var access: CredentialOptions

    var client: APIClient {
        APIClient(
            endpoint: Self.known(self.endpoint) ?? "http://127.0.0.1:8900",
            credentials: self.access.credentials
        )
    }

    /// What was asked for, else what the environment says, with a scheme; nil where neither says anything.
    static func known(_ option: String?) -> String? {
        let named = option ?? ProcessInfo.processInfo.environment["NEOSCOPE_ENDPOINT"]
        guard var text = named, !text.isEmpty else { return nil }
        if !text.contains("://"), !text.hasPrefix("unix:") { text = "http://" + text }
        while text.hasSuffix("/") { text.removeLast() }
        return text
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
