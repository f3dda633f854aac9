import Access
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Storage

@testable import WebServer

/// An API server that really listens, on a port that the system chose and on a Unix socket.
struct LiveServer {
    let port: Int
    let socket: String

    /// Serves until the body returns.
    static func with<Value: Sendable>(
        _ reader: any TelemetryReader,
        _ status: any NodeStatus,
        _ body: @escaping @Sendable (LiveServer) async throws -> Value
    ) async throws -> Value {
        // A socket's path may not be long.
        let socket = "/tmp/neoscope-\(UInt32.random(in: 0 ... .max)).sock"
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(2))
        func server(_ place: APIServer.Place) -> APIServer {
            APIServer(
                at: place,
                reader: reader,
                status: status,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                onRunning: { continuation.yield($0) }
            )
        }
        let servers = [server(.port(host: "127.0.0.1", 0, .openLoopback)), server(.socket(socket))]
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            for server in servers {
                group.addTask {
                    try await server.run()
                    return nil
                }
            }
            group.addTask {
                var running: [Int] = []
                for await port in ports {
                    running.append(port)
                    if running.count == servers.count { break }
                }
                return try await body(LiveServer(port: running.max() ?? 0, socket: socket))
            }
            defer {
                group.cancelAll()
                try? FileManager.default.removeItem(atPath: socket)
            }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// Asks on the port, or on the socket.
    func ask(
        _ path: String,
        method: String = "get",
        onSocket: Bool = false,
        headers: [String: String] = [:]
    ) async throws -> TestAPI.Answer {
        let base =
            onSocket
            ? "http+unix://" + self.socket.replacing("/", with: "%2F") : "http://127.0.0.1:\(self.port)"
        var request = HTTPClientRequest(url: base + path)
        request.method = .init(rawValue: method.uppercased())
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await answer.body.collect(upTo: 64 << 20)
        return TestAPI.Answer(
            status: Int(answer.status.code),
            type: answer.headers.first(name: "content-type") ?? "",
            allow: answer.headers.first(name: "allow") ?? "",
            encoding: answer.headers.first(name: "content-encoding"),
            vary: answer.headers.first(name: "vary"),
            challenge: answer.headers.first(name: "www-authenticate"),
            body: Array(buffer: body)
        )
    }
}
