internal import Foundation

/// Where the requests of one signal go.
struct LoadRoute: Equatable, Sendable {
    /// What a connection is made to.
    struct Address: Hashable, Sendable, CustomStringConvertible {
        var host: String
        var port: Int
        /// Whether it speaks TLS.
        var isSecure: Bool

        /// As it stands in a URL: IPv6 addresses in brackets.
        var description: String {
            self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
        }
    }

    struct Header: Equatable, Sendable {
        /// In lower case.
        var name: String
        var value: String
    }

    var address: Address
    /// Path and query of an HTTP request; gRPC has names of its own.
    var path: String
    /// What the user wants to be sent along.
    var headers: [Header]
}

/// The routes of all signals, as the OpenTelemetry specification reads endpoints and headers.
///
/// "OpenTelemetry Protocol Exporter", "Configuration Options": `OTEL_EXPORTER_OTLP_ENDPOINT` is a base, to which
/// `/v1/traces` and its like are added; `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and its like are used as they stand. An
/// empty value is none.
struct LoadRoutes: Sendable {
    let traces: LoadRoute
    let metrics: LoadRoute
    let logs: LoadRoute

    /// - Parameters:
    ///   - endpoint: A base that beats the environment's.
    ///   - credentials: Their token goes with every request, and beats the environment's headers.
    ///   - isGRPC: Whether requests go over gRPC, which knows no paths.
    ///   - environment: Where `OTEL_EXPORTER_OTLP_…` is looked up.
    /// - Throws: What the user is to write instead.
    init(
        endpoint: String?,
        credentials: ClientCredentials,
        isGRPC: Bool,
        environment: [String: String]
    ) throws(CommandFailure) {
        let reader = Reader(
            endpoint: endpoint,
            credentials: credentials,
            isGRPC: isGRPC,
            environment: environment
        )
        self.traces = try reader.route(.traces)
        self.metrics = try reader.route(.metrics)
        self.logs = try reader.route(.logs)
    }

    subscript(signal: LoadSignal) -> LoadRoute {
        switch signal {
        case .traces: self.traces
        case .metrics: self.metrics
        case .logs: self.logs
        }
    }
}

private struct Reader {
    let endpoint: String?
    let credentials: ClientCredentials
    let isGRPC: Bool
    let environment: [String: String]

    func route(_ signal: LoadSignal) throws(CommandFailure) -> LoadRoute {
        let (name, text, isBase) = self.endpoint(of: signal)
        let failure = { (expected: String) in
            CommandFailure.usage("expected \(name) \(expected), not \"\(text)\"")
        }
        guard let parts = URLComponents(string: text.contains("://") ? text : "http://" + text),
            let host = parts.host, !host.isEmpty
        else { throw failure("as http://HOST:PORT") }
        let scheme = parts.scheme?.lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw failure("to begin with http:// or https://")
        }
        let address = LoadRoute.Address(
            host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")),
            port: parts.port ?? (self.isGRPC ? 4317 : 4318),
            isSecure: scheme == "https"
        )
        var path = parts.percentEncodedPath
        if self.isGRPC {
            guard path.isEmpty || path == "/" else { throw failure("without a path, as gRPC has none") }
        } else if isBase {
            path = (path.hasSuffix("/") ? String(path.dropLast()) : path) + "/v1/\(signal.rawValue)"
        } else if path.isEmpty {
            path = "/"
        }
        if let query = parts.percentEncodedQuery { path += "?" + query }
        return LoadRoute(
            address: address,
            path: path,
            headers: try self.headers(of: signal, to: address)
        )
    }

    /// The environment's headers, and the token.
    private func headers(
        of signal: LoadSignal,
        to address: LoadRoute.Address
    ) throws(CommandFailure) -> [LoadRoute.Header] {
        let headers = try self.headers(of: signal)
        guard
            let authorization = try self.credentials.authorization(
                to: address.host,
                isSecure: address.isSecure
            )
        else { return headers }
        return headers.filter { $0.name != "authorization" } + [
            LoadRoute.Header(name: "authorization", value: authorization)
        ]
    }

    /// What names the endpoint, its text, and whether the signal's path is to be added.
    private func endpoint(of signal: LoadSignal) -> (name: String, text: String, isBase: Bool) {
        if let endpoint = self.endpoint { return ("--endpoint", endpoint, true) }
        if let (name, text) = self.variable("ENDPOINT", signal) { return (name, text, false) }
        if let (name, text) = self.variable("ENDPOINT", nil) { return (name, text, true) }
        return ("the endpoint", self.isGRPC ? "http://127.0.0.1:4317" : "http://127.0.0.1:4318", true)
    }

    /// Keys and values of `OTEL_EXPORTER_OTLP_HEADERS`: `key=value` between commas, values percent-encoded.
    private func headers(of signal: LoadSignal) throws(CommandFailure) -> [LoadRoute.Header] {
        guard let (name, text) = self.variable("HEADERS", signal) ?? self.variable("HEADERS", nil) else {
            return []
        }
        var headers: [LoadRoute.Header] = []
        for item in text.split(separator: ",") where item.contains(where: { !$0.isWhitespace }) {
            // The value may be a secret, so that a message has only the key.
            guard let equals = item.firstIndex(of: "=") else {
                throw .usage("expected \(name) as key=value,key=value; an item has no \"=\"")
            }
            let key = item[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
            let value = item[item.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            guard !key.isEmpty, key.utf8.allSatisfy(Self.isTokenByte) else {
                throw .usage("expected \(name) with names of HTTP headers, not \"\(key)\"")
            }
            guard let decoded = value.removingPercentEncoding,
                decoded.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else { throw .usage("expected \(name) with percent-encoded text as the value of \"\(key)\"") }
            headers.append(LoadRoute.Header(name: key, value: decoded))
        }
        return headers
    }

    private func variable(_ what: String, _ signal: LoadSignal?) -> (name: String, text: String)? {
        let name = "OTEL_EXPORTER_OTLP_" + (signal.map { $0.rawValue.uppercased() + "_" } ?? "") + what
        guard let text = self.environment[name], !text.isEmpty else { return nil }
        return (name, text)
    }

    /// RFC 9110, section 5.6.2, "Tokens".
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
