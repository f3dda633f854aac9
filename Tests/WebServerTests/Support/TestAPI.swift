import Access
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Storage
import Telemetry

@testable import WebServer

/// Asks an API server, in memory.
struct TestAPI {
    struct Answer {
        var status: Int
        var type: String
        var allow: String
        var encoding: String?
        var vary: String?
        var challenge: String?
        var missingNodes: String?
        var body: [UInt8]

        var text: String { String(decoding: self.body, as: UTF8.self) }
        var json: JSONValue { get throws { try JSONValue.parse(self.body) } }
    }

    let server: APIServer

    init(
        _ reader: any TelemetryReader,
        _ status: any NodeStatus,
        at place: APIServer.Place = .port(host: "127.0.0.1", 0, .openLoopback)
    ) {
        self.server = APIServer(
            at: place,
            reader: reader,
            status: status,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onRunning: { _ in }
        )
    }

    init(_ fixture: TelemetryFixture) { self.init(fixture.store, FakeStatus(fixture.store)) }

    func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
        try await self.ask(path, .get, headers: headers)
    }

    func ask(
        _ path: String,
        _ method: HTTPRequest.Method,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        var fields = HTTPFields()
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        let sent = fields
        return try await self.server.application.test(.router) { client in
            try await client.execute(uri: path, method: method, headers: sent) { response in
                Answer(
                    status: response.status.code,
                    type: response.headers[.contentType] ?? "",
                    allow: response.headers[.allow] ?? "",
                    encoding: response.headers[.contentEncoding],
                    vary: response.headers[.vary],
                    challenge: response.headers[.wwwAuthenticate],
                    missingNodes: HTTPField.Name("neoscope-missing-nodes").flatMap { response.headers[$0] },
                    body: Array(buffer: response.body)
                )
            }
        }
    }
}
