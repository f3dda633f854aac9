import NIOCore
import NIOEmbedded
import OTLP
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

@Suite struct OTLPHTTPHandlerTests {
    private static let diskFull = Refusal.unavailable(
        "the store could not write (no_space)",
        retryAfterSeconds: 5
    )

    @Test(arguments: [("/v1/traces", Signal.spans), ("/v1/logs", .logs), ("/v1/metrics", .points)])
    func `a request is answered once the sink confirmed, and not before`(path: String, signal: Signal) throws
    {
        let test = TestDoor()
        let connection = try test.connect()
        let batch =
            switch signal {
            case .logs: try Requests.logs(5)
            case .points: try Requests.metrics()
            default: try Requests.spans(5)
            }
        connection.send(HTTPConnection.request(path, body: batch.bytes))
        test.loop.run()
        #expect(try connection.answer() == nil)
        #expect(test.sink.pendingCount == 1)
        test.settleAll()
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/x-protobuf")
        #expect(answer.body.isEmpty)
        #expect(test.sink.keptItems(signal) == batch.itemCount)
        #expect(connection.channel.isActive)
        test.expectSettled()
    }

    @Test func `connections of one turn share a commit and each gets its answer`() throws {
        let test = TestDoor()
        let connections = try (0..<4).map { _ in try test.connect() }
        for (index, connection) in connections.enumerated() {
            let batch = try Requests.spans(3, seed: UInt64(index))
            connection.send(HTTPConnection.request(body: batch.bytes))
        }
        test.settleAll()
        #expect(test.sink.commitCount == 1)
        for connection in connections { #expect(try connection.answer()?.status == 200) }
        test.expectSettled()
    }

    @Test func `pipelined requests are answered in order, each after its own commit`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        let good = HTTPConnection.request(body: try Requests.spans(3).bytes)
        let lost = HTTPConnection.request("/nowhere", body: [1, 2])
        let empty = HTTPConnection.request("/v1/logs")
        connection.send(good + lost + empty + good)
        test.loop.run()
        #expect(try connection.answer() == nil)
        test.settleAll()
        for status in [200, 404, 200, 200] { #expect(try connection.answer()?.status == status) }
        test.expectSettled()
    }

    @Test func `a write failure gives every sender 503 with the time to come back`() throws {
        let test = TestDoor()
        let connections = try (0..<3).map { _ in try test.connect() }
        for connection in connections {
            connection.send(HTTPConnection.request(body: try Requests.spans(3).bytes))
        }
        test.loop.run()
        test.sink.settle(Self.diskFull)
        test.loop.run()
        for connection in connections {
            let answer = try #require(try connection.answer())
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "5")
            let status = try GoogleRPCStatusReader.read(answer.body)
            #expect(status.code == RPCCode.unavailable.rawValue)
            #expect(connection.channel.isActive)
        }
        test.expectSettled()
    }

    @Test func `JSON is answered in JSON`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        let batch = try Requests.spans(4)
        let json = try OTLPJSON.json(from: batch.bytes.span, as: .request(.traces))
        connection.send(
            HTTPConnection.request(headers: [("content-type", "application/json; charset=utf-8")], body: json)
        )
        test.settleAll()
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.text == "{}")
        #expect(test.sink.keptItems(.spans) == 4)
        test.expectSettled()
    }

    @Test func `spans without ids are told as a partial success`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        var odd = OddTraffic(seed: 4)
        let batch = odd.mixedSpans(.zeroTraceID, count: 20, at: Requests.sent)
        connection.send(HTTPConnection.request(body: batch.bytes))
        test.settleAll()
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200)
        let body = try OTLPExportTracePartial.read(answer.body)
        #expect(body.rejected == Int64(batch.damagedCount))
        #expect(body.message.contains("\(batch.damagedCount) of \(batch.itemCount)"))
        test.expectSettled()
    }

    @Test(arguments: [
        ("/v1/spans", "POST", "application/json", nil, 404), ("/", "POST", "application/json", nil, 404),
        ("/v1/traces/", "POST", "application/json", nil, 404),
        ("/v1/traces", "GET", "application/json", nil, 405),
        ("/v1/traces", "PUT", "application/json", nil, 405),
        ("/v1/traces", "POST", "text/plain", nil, 415), ("/v1/traces", "POST", "", nil, 415),
        ("/v1/traces", "POST", "application/json", "zstd", 415),
        ("/v1/traces", "POST", "application/json", "gzip, gzip", 415),
        ("/v1/traces", "POST", "application/json", nil, 400),
        ("/v1/logs", "POST", "application/x-protobuf", nil, 400),
        ("/v1/traces", "POST", "application/json", "gzip", 400),
    ])
    func `what cannot be taken gets its status, a reason, and keeps the connection`(
        path: String,
        method: String,
        type: String,
        coding: String?,
        status: Int
    ) throws {
        let test = TestDoor()
        let connection = try test.connect()
        var headers = [("content-type", type)]
        if let coding { headers.append(("content-encoding", coding)) }
        connection.send(
            HTTPConnection.request(path, method: method, headers: headers, body: Array("{\"a".utf8))
        )
        test.settleAll()
        let answer = try #require(try connection.answer())
        #expect(answer.status == status)
        #expect(answer.headers["retry-after"] == nil)
        // The body is in the encoding that its type names, JSON where the sender's is none that we know.
        if answer.headers["content-type"] == "application/json" {
            #expect(answer.text.hasPrefix("{\"code\":"))
        } else {
            #expect(try GoogleRPCStatusReader.read(answer.body).message.isEmpty == false)
        }
        if status == 405 { #expect(answer.headers["allow"] == "POST, OPTIONS") }
        // The connection serves the next request.
        connection.send(HTTPConnection.request(body: try Requests.spans(1).bytes))
        test.settleAll()
        #expect(try connection.answer()?.status == 200)
        test.expectSettled()
    }

    @Test func `a query and parameters of the type change nothing`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        connection.send(
            HTTPConnection.request(
                "/v1/traces?x=1",
                headers: [("content-type", "Application/X-Protobuf ;v=1"), ("content-encoding", "identity")],
                body: try Requests.spans(1).bytes
            )
        )
        test.settleAll()
        #expect(try connection.answer()?.status == 200)
    }

    @Test func `chunked bodies come in pieces of any size`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        let body = try Requests.spans(6).bytes
        connection.send(
            HTTPConnection.head(
                headers: [("content-type", "application/x-protobuf"), ("transfer-encoding", "chunked")]
            )
        )
        var random = SplitMix64(seed: 9)
        var rest = body[...]
        while !rest.isEmpty {
            let part = rest.prefix(1 + Int(random.next() % 700))
            connection.send(HTTPConnection.chunk(Array(part)))
            rest = rest.dropFirst(part.count)
            #expect(test.gauge.inFlightBytes == body.count - rest.count)
        }
        connection.send(HTTPConnection.chunk([]))
        test.settleAll()
        #expect(try connection.answer()?.status == 200)
        #expect(test.sink.keptItems(.spans) == 6)
        test.expectSettled()
    }

    @Test func `a sender that asks first is told to go on`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        let body = try Requests.spans(2).bytes
        connection.send(
            HTTPConnection.head(
                headers: [
                    ("content-type", "application/x-protobuf"), ("content-length", String(body.count)),
                    ("expect", "100-continue"),
                ]
            )
        )
        #expect(try connection.answer()?.status == 100)
        connection.send(body)
        test.settleAll()
        #expect(try connection.answer()?.status == 200)
        // One that will be refused anyway hears that instead.
        connection.send(
            HTTPConnection.head(headers: [
                ("content-type", "text/csv"), ("content-length", "1"), ("expect", "100-continue"),
            ])
        )
        #expect(try connection.answer()?.status == 415)
    }

    @Test func `bytes that are no HTTP end the connection`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        connection.send(Array("\u{16}\u{3}\u{1} this is TLS\r\n\r\n".utf8))
        test.settleAll()
        #expect(!connection.channel.isActive)
        test.expectSettled()
    }

    @Test func `a silent connection and a stalled body are closed, one that waits for the disk is not`()
        throws
    {
        let test = TestDoor()
        let silent = try test.connect()
        let stalled = try test.connect()
        let waiting = try test.connect()
        stalled.send(
            HTTPConnection.head(headers: [("content-type", "application/json"), ("content-length", "10")]) + [
                1, 2,
            ]
        )
        waiting.send(HTTPConnection.request(body: try Requests.spans(1).bytes))
        #expect(test.gauge.openConnections == 3)
        #expect(test.gauge.inFlightBytes > 2)
        test.loop.run()
        for connection in [silent, stalled, waiting] { connection.fallSilent() }
        #expect(!silent.channel.isActive)
        #expect(!stalled.channel.isActive)
        #expect(waiting.channel.isActive)
        test.settleAll()
        #expect(try waiting.answer()?.status == 200)
        #expect(test.gauge.openConnections == 1)
        test.expectSettled()
    }

    @Test func `connections beyond the limit are closed and counted out again`() throws {
        let test = TestDoor(limits: IngestLimits(connectionsMax: 2))
        let connections = try (0..<4).map { _ in try test.connect() }
        test.loop.run()
        #expect(connections.map(\.isTaken) == [true, true, false, false])
        #expect(test.gauge.openConnections == 2)
        connections[0].disconnect()
        test.loop.run()
        #expect(test.gauge.openConnections == 1)
        #expect(try test.connect().isTaken)
    }
}
