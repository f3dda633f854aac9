/// Whether a door speaks TLS.
package enum DoorSecurity: Equatable, Sendable {
    case plain
    case tls
    /// Through TLS where the own certificate is fit for a server, as an agent's may be.
    case tlsIfServer

    /// Whether nobody needs to know a certificate before the door opens.
    package var mayBePlain: Bool { self != .tls }
}

/// How the doors of a process are guarded, as an operator wants it.
package struct DoorSettings: Equatable, Sendable {
    /// The API's.
    package var api: DoorSecurity
    /// Whether the API lets everybody of this machine read without a credential; nil where it does without TLS only.
    package var isAPIOpen: Bool?
    /// The door of OTLP over HTTP.
    package var otlpHTTP: DoorSecurity
    /// The door of OTLP over gRPC.
    package var otlpGRPC: DoorSecurity
    /// The file of the tokens; nil for none.
    package var tokensFile: String?

    init(
        _ values: inout ValueReader,
        role: NodeRole,
        api: NodeConfiguration.Address,
        otlpHTTP: NodeConfiguration.Address,
        otlpGRPC: NodeConfiguration.Address
    ) {
        self.api = Self.api(values.choice("api.tls"), role, api)
        switch values.choice("api.open_loopback") {
        case "on": self.isAPIOpen = true
        case "off": self.isAPIOpen = false
        default: self.isAPIOpen = nil
        }
        let credentials = ["tls.ca", "tls.certificate", "tls.key"]
        let missing = credentials.filter { values.text($0).isEmpty }
        let otlp = values.choice("otlp.tls")
        self.otlpHTTP = Self.otlp(otlp, otlpHTTP, hasCredentials: missing.isEmpty)
        self.otlpGRPC = Self.otlp(otlp, otlpGRPC, hasCredentials: missing.isEmpty)
        let tokens = values.text("api.tokens_file")
        self.tokensFile = tokens.isEmpty ? nil : tokens
        let doors = [
            ("api.listen", "api.tls", api, self.api),
            ("otlp.http.listen", "otlp.tls", otlpHTTP, self.otlpHTTP),
            ("otlp.grpc.listen", "otlp.tls", otlpGRPC, self.otlpGRPC),
        ]
        for (key, tlsKey, address, security) in doors where security == .plain && !address.isLoopback {
            values.problem(
                key,
                "expected a loopback address, or a certificate (tls.*) and \(tlsKey): on; nothing listens beyond it "
                    + "without TLS"
            )
        }
        guard role == .single, doors.contains(where: { $0.3 != .plain }) else { return }
        for key in missing {
            values.problem(key, "expected a path: a door speaks TLS (neoscope pki --help)")
        }
    }

    private static func api(
        _ choice: String,
        _ role: NodeRole,
        _ address: NodeConfiguration.Address
    ) -> DoorSecurity {
        switch (choice, role) {
        case ("on", _): .tls
        case ("off", _), (_, .single): .plain
        case (_, .collector): .tls
        case (_, .agent): address.isLoopback ? .tlsIfServer : .tls
        }
    }

    private static func otlp(
        _ choice: String,
        _ address: NodeConfiguration.Address,
        hasCredentials: Bool
    ) -> DoorSecurity {
        switch choice {
        case "on": .tls
        case "off": .plain
        default: address.isLoopback || !hasCredentials ? .plain : .tls
        }
    }
}
