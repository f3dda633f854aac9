import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

/// The whole server on loopback ports, with clients made of plain NIO.
@Suite struct OTLPServerTests {
    private static func server(
        _ group: any EventLoopGroup,
        _ sink: FakeSink,
        _ clock: TestClock
    ) async throws -> OTLPServer {
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        let runs = RunNumbers()
        return try await OTLPServer(
            options: OTLPServer.Options(
                http: any,
                grpc: any,
                limits: IngestLimits(),
                crossOrigin: CrossOrigin(origins: [])
            ),
            edge: EdgeOptions(),
            group: group,
            sink: sink,
            makeRun: { runs.next() },
            now: { clock.now }
        )
    }

    @Test func `requests over HTTP and gRPC are kept, and closing makes everything safe`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let sink = FakeSink(answersAtOnce: true)
        let server = try await Self.server(group, sink, TestClock())
        #expect(server.isListening)
        let http = try #require(server.httpAddress)
        let grpc = try #require(server.grpcAddress)
        let spans = try Requests.spans(10)
        let logs = try Requests.logs(6)
        let head = HTTPConnection.head(
            headers: [
                ("content-type", "application/x-protobuf"), ("content-length", String(spans.bytes.count)),
            ]
        )
        let answer = try await SocketClient.exchange(group, http, head + spans.bytes, until: "\r\n\r\n")
        #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
        let status = try await GRPCClient.call(
            group,
            grpc,
            path: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            message: logs.bytes
        )
        #expect(status == "0")
        #expect(sink.keptItems(.spans) == 10)
        #expect(sink.keptItems(.logs) == 6)
        let series = Series("system.load", unit: "1", kind: .gauge, subject: .host("h"))
        server.add([(series, .gauge(GaugeValue(1, at: ClusterTime(nanoseconds: 1_700_000_000_000_000_000))))])
        await server.close()
        #expect(!server.isListening)
        #expect(sink.keptItems(.slots) > 1)
        for (signal, account) in server.accounts.bySignal {
            #expect(account.closes && account.held == 0, "\(signal): \(account)")
        }
        #expect(server.gauge.inFlightBytes == 0)
        sink.close()
        try await group.shutdownGracefully()
    }

    @Test func `closing waits for what is on its way to the sink`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let sink = FakeSink()
        let server = try await Self.server(group, sink, TestClock())
        let http = try #require(server.httpAddress)
        let spans = try Requests.spans(3)
        let head = HTTPConnection.head(
            headers: [
                ("content-type", "application/x-protobuf"), ("content-length", String(spans.bytes.count)),
            ]
        )
        async let answer = SocketClient.exchange(group, http, head + spans.bytes, until: "\r\n\r\n")
        var commits = sink.commits.makeAsyncIterator()
        await commits.next()
        async let closed: Void = server.close()
        // The window's slots follow when the door finishes; neither is safe until the sink says so.
        await commits.next()
        #expect(sink.pendingCount == 2)
        #expect(server.accounts.bySignal[.spans]?.held == 3)
        while sink.settle() {}
        await closed
        #expect(String(decoding: try await answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(server.accounts.bySignal.values.allSatisfy { $0.held == 0 && $0.closes })
        try await group.shutdownGracefully()
    }

    @Test func `a port that is taken is an error and frees the other`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let sink = FakeSink(answersAtOnce: true)
        let clock = TestClock()
        let first = try await Self.server(group, sink, clock)
        let taken = try #require(first.grpcAddress)
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        await #expect(throws: IOError.self) {
            _ = try await OTLPServer(
                options: OTLPServer.Options(
                    http: any,
                    grpc: taken,
                    limits: IngestLimits(),
                    crossOrigin: CrossOrigin(origins: [])
                ),
                edge: EdgeOptions(),
                group: group,
                sink: sink,
                makeRun: { RunID(high: 9, low: 9) },
                now: { clock.now }
            )
        }
        await first.close()
        try await group.shutdownGracefully()
    }
}
