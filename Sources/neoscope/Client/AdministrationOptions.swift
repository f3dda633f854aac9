internal import ArgumentParser
internal import Foundation
internal import Node

/// Which running node an administrator means: that of a data directory, by its socket, or one behind an address.
struct AdministrationOptions: ParsableArguments {
    @Option(help: "Data directory of the running node. Default: as for neoscope up.") var dataDir: String?
    @Option(
        name: [.customLong("endpoint"), .customLong("api")],
        help:
            "The node's API, as https://HOST:PORT. Default: $NEOSCOPE_ENDPOINT, else the socket in the data directory."
    ) var endpoint: String?
    @OptionGroup var access: CredentialOptions
    @OptionGroup var options: ConfigurationOptions

    /// Whether the node is asked through its socket, and so is on this host.
    var isLocal: Bool { EndpointOptions.known(self.endpoint) == nil }

    /// Who asks it.
    ///
    /// - Throws: ``ConfigurationProblems`` where the data directory is to be found in what is not valid: nothing is done on a
    ///   guess.
    func client() async throws -> APIClient {
        if let endpoint = EndpointOptions.known(self.endpoint) {
            return APIClient(endpoint: endpoint, credentials: self.access.credentials)
        }
        let configuration = try NodeConfiguration(
            try await self.options.resolved(["data_dir": self.dataDir]),
            environment: ProcessInfo.processInfo.environment
        )
        return APIClient(endpoint: "unix:\(configuration.dataDirectory)/admin.sock")
    }
}
