internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Asks a node's API.
struct APIClient {
    let endpoint: String
    var credentials = ClientCredentials()
    /// How long an answer is waited for.
    var secondsMax: Int64 = 60

    /// The body of a GET that was answered with 200.
    func get(_ path: String, _ query: [(String, String?)] = []) async throws -> [UInt8] {
        try await self.send("GET", path, query)
    }

    /// The body of a POST that was answered with 200.
    func post(_ path: String, _ query: [(String, String?)] = []) async throws -> [UInt8] {
        try await self.send("POST", path, query)
    }

    /// A decoded body.
    func get<Answer: Decodable>(
        _ path: String,
        _ query: [(String, String?)] = [],
        as type: Answer.Type
    ) async throws -> Answer {
        try self.decode(type, try await self.get(path, query))
    }

    func decode<Answer: Decodable>(_ type: Answer.Type, _ bytes: [UInt8]) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { return try decoder.decode(type, from: Data(bytes)) } catch {
            throw CommandFailure.runtime(
                "\(self.endpoint) answered something that is not understood: \(error)"
            )
        }
    }

    private func send(_ method: String, _ path: String, _ query: [(String, String?)]) async throws -> [UInt8]
    {
        var parts = URLComponents()
        parts.path = path
        let items = query.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        // "+" is a space to many servers; URLComponents leaves it as it is.
        if !items.isEmpty { parts.queryItems = items }
        let text = (parts.string ?? path).replacingOccurrences(of: "+", with: "%2B")
        let place = try self.place()
        var request = HTTPClientRequest(url: try self.url(text))
        request.method = .init(rawValue: method)
        let response: HTTPClientResponse
        let bytes: [UInt8]
        // One attempt: a port where nothing listens is an answer, not something to wait for.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        if let place {
            if let authorization = try self.credentials.authorization(
                to: place.host,
                isSecure: place.isSecure
            ) {
                request.headers.replaceOrAdd(name: "authorization", value: authorization)
            }
            if place.isSecure { configuration.tlsConfiguration = try self.credentials.tls() }
        }
        let client = HTTPClient(configuration: configuration)
        do {
            let (answer, body) = try await Self.exchange(request, client, seconds: self.secondsMax)
            try? await client.shutdown()
            response = answer
            bytes = body
        } catch {
            try? await client.shutdown()
            throw await self.failure(error, place)
        }
        guard response.status == .ok else {
            let said = self.message(of: bytes) ?? "\(self.endpoint)\(path) answered \(response.status.code)"
            let message = said + self.advice(response.status.code)
            // What the node calls a bad request was put wrongly here.
            throw response.status == .badRequest
                ? CommandFailure.usage(message) : CommandFailure.runtime(message)
        }
        return bytes
    }

    private static func exchange(
        _ request: HTTPClientRequest,
        _ client: HTTPClient,
        seconds: Int64
    ) async throws -> (HTTPClientResponse, [UInt8]) {
        let response = try await client.execute(request, timeout: .seconds(seconds))
        return (response, Array(buffer: try await response.body.collect(upTo: 256 << 20)))
    }

    /// Where the node is; nil for a socket.
    private func place() throws(CommandFailure) -> (host: String, port: Int, isSecure: Bool)? {
        guard !self.endpoint.hasPrefix("unix:") else { return nil }
        guard let parts = URLComponents(string: self.endpoint), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https"
        else { throw .usage("expected --endpoint as https://HOST:PORT, not \"\(self.endpoint)\"") }
        let isSecure = parts.scheme == "https"
        let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return (name, parts.port ?? (isSecure ? 443 : 80), isSecure)
    }

    /// Why nothing came back.
    private func failure(
        _ error: any Error,
        _ place: (host: String, port: Int, isSecure: Bool)?
    ) async -> CommandFailure {
        if let place {
            let trouble = TLSTrouble(host: place.host, port: place.port, credentials: self.credentials)
            if let words = await trouble.explanation(of: error, isSecure: place.isSecure) {
                return .runtime("no answer from \(self.endpoint): \(words)")
            }
        }
        return .runtime(
            "no answer from \(self.endpoint): \(error); is `neoscope up` running there? (see --endpoint)"
        )
    }

    /// What to do about an answer, behind what the node says.
    private func advice(_ code: UInt) -> String {
        switch code {
        case 401: " (see --token-file, or --certificate and --key)"
        case 403: " (another credential is needed: see neoscope token create, neoscope pki issue)"
        default: ""
        }
    }

    /// The whole address: over TCP, or through the socket that an endpoint of the form `unix:PATH` names.
    private func url(_ path: String) throws -> String {
        guard self.endpoint.hasPrefix("unix:") else { return self.endpoint + path }
        let socket = String(self.endpoint.dropFirst(5))
        guard FileManager.default.fileExists(atPath: socket) else {
            throw CommandFailure.runtime(
                "there is no \(socket); is `neoscope up` running with that data directory?"
            )
        }
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw CommandFailure.usage("\(socket) cannot be the path of a socket")
        }
        return url.absoluteString
    }

    /// The message of an error body, in any of the dialects.
    private func message(of body: [UInt8]) -> String? {
        struct Failure: Decodable {
            struct Detail: Decodable { var message: String }
            var error: Detail
        }
        return (try? JSONDecoder().decode(Failure.self, from: Data(body)))?.error.message
    }
}
