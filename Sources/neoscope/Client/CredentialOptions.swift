internal import ArgumentParser
internal import Foundation

/// The options of every command that calls a door which may speak TLS.
struct CredentialOptions: ParsableArguments {
    @Option(help: "Certificate of the cluster's authority, by which a node is known. Default: $NEOSCOPE_CA.")
    var ca: String?

    @Option(help: "Own certificate, as of an operator. Default: $NEOSCOPE_CERTIFICATE.")
    var certificate: String?

    @Option(help: "Private key of the own certificate. Default: $NEOSCOPE_KEY.")
    var key: String?

    @Option(
        help:
            "Secret of a token; other users may see it in the list of processes. Default: $NEOSCOPE_TOKEN."
    )
    var token: String?

    @Option(help: "File that holds the secret of a token, and nothing else.")
    var tokenFile: String?

    var credentials: ClientCredentials {
        let environment = ProcessInfo.processInfo.environment
        func value(_ option: String?, _ name: String) -> String? {
            (option ?? environment[name]).flatMap { $0.isEmpty ? nil : $0 }
        }
        return ClientCredentials(
            ca: value(self.ca, "NEOSCOPE_CA"),
            certificate: value(self.certificate, "NEOSCOPE_CERTIFICATE"),
            key: value(self.key, "NEOSCOPE_KEY"),
            token: self.tokenFile == nil ? value(self.token, "NEOSCOPE_TOKEN") : self.token,
            tokenFile: self.tokenFile
        )
    }
}
