import Compression
import NIOCore
import NIOEmbedded
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

/// Sizes, compression, what is held in flight, and senders that go away.
@Suite struct OTLPHTTPLimitsTests {
    private static let protobuf = ("content-type", "application/x-protobuf")

    @Test func `a body announced as too large is refused before it comes, and read past`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1000))
        let connection = try test.connect()
        connection.send(HTTPConnection.head(headers: [Self.protobuf, ("content-length", "1500")]))
        let answer = try #require(try connection.answer())
        #expect(answer.status == 413)
        #expect(answer.headers["connection"] == "close")
        // The sender still sends; closing now would reset the connection under its answer.
        #expect(connection.channel.isActive)
        connection.send([UInt8](repeating: 0, count: 1500))
        test.loop.run()
        #expect(!connection.channel.isActive)
        #expect(test.accounts.refused[.spans]?["too_large"] == 1)
        test.expectSettled()
    }

    @Test func `a chunked body that grows too large is refused, and cut off if it never ends`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1000))
        let connection = try test.connect()
        connection.send(HTTPConnection.head(headers: [Self.protobuf, ("transfer-encoding", "chunked")]))
        let chunk = HTTPConnection.chunk([UInt8](repeating: 0, count: 400))
        for _ in 0..<2 { connection.send(chunk) }
        #expect(try connection.answer() == nil)
        connection.send(chunk)
        #expect(try connection.answer()?.status == 413)
        #expect(test.gauge.inFlightBytes == 0)
        for _ in 0..<2 { connection.send(chunk) }
        #expect(connection.channel.isActive)
        // Four times the limit is thrown away for a sender that reads late; what goes on is cut off.
        for _ in 0..<9 { connection.send(chunk) }
        test.loop.run()
        #expect(!connection.channel.isActive)
        test.expectSettled()
    }

    @Test func `too much in flight asks the sender to come back and keeps its connection`() throws {
        let body = try Requests.spans(20).bytes
        let test = TestDoor(limits: IngestLimits(requestBytesMax: body.count, inFlightBytesMax: body.count))
        let first = try test.connect()
        let second = try test.connect()
        first.send(HTTPConnection.request(body: body))
        test.loop.run()
        // The first is read whole and waits for the disk; its bytes are still held.
        #expect(test.gauge.inFlightBytes == body.count)
        second.send(HTTPConnection.request(body: body))
        let refused = try #require(try second.answer())
        #expect(refused.status == 429)
        #expect(refused.headers["retry-after"] == "1")
        #expect(test.accounts.refused[.spans]?["overloaded"] == 1)
        test.settleAll()
        #expect(try first.answer()?.status == 200)
        second.send(HTTPConnection.request(body: body))
        test.settleAll()
        #expect(try second.answer()?.status == 200)
        test.expectSettled()
    }

    @Test func `gzip goes in and comes out`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        let body = try Requests.spans(5).bytes
        let halves = [Array(body[..<100]), Array(body[100...])]
        let members = try halves.flatMap { try #require(Gzip.compress($0)) }
        connection.send(
            HTTPConnection.request(
                headers: [
                    Self.protobuf, ("content-encoding", "gzip"), ("accept-encoding", "deflate, gzip;q=0.5"),
                ],
                body: members
            )
        )
        test.settleAll()
        #expect(try connection.answer()?.status == 200)
        #expect(test.sink.keptItems(.spans) == 5)
        connection.send(
            HTTPConnection.request(headers: [Self.protobuf, ("accept-encoding", "gzip")], body: [1, 2, 3])
        )
        test.settleAll()
        let refused = try #require(try connection.answer())
        #expect(refused.status == 400)
        #expect(refused.headers["content-encoding"] == "gzip")
        let unpacked = try Gzip.decompress(
            ByteBuffer(bytes: refused.body),
            limit: 10_000,
            allocator: ByteBufferAllocator()
        )
        #expect(String(buffer: unpacked).contains("not valid OTLP"))
        test.expectSettled()
    }

    @Test(arguments: ["gzip;q=0", "identity", "br"])
    func `a sender that wants no gzip gets none`(accepted: String) throws {
        let test = TestDoor()
        let connection = try test.connect()
        connection.send(
            HTTPConnection.request(headers: [Self.protobuf, ("accept-encoding", accepted)], body: [1])
        )
        let answer = try #require(try connection.answer())
        #expect(answer.status == 400)
        #expect(answer.headers["content-encoding"] == nil)
    }

    @Test func `a bomb stops at the limit`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1 << 20))
        let connection = try test.connect()
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 32 << 20)))
        connection.send(
            HTTPConnection.request(headers: [Self.protobuf, ("content-encoding", "gzip")], body: bomb)
        )
        test.settleAll()
        #expect(try connection.answer()?.status == 413)
        #expect(connection.channel.isActive)
        test.expectSettled()
    }

    @Test func `a sender that goes away while its answer waits loses nothing that was accepted`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        connection.send(HTTPConnection.request(body: try Requests.spans(7).bytes))
        test.loop.run()
        connection.disconnect()
        test.loop.run()
        // The bytes count until the disk has them.
        #expect(test.gauge.inFlightBytes > 0)
        test.settleAll()
        #expect(test.sink.keptItems(.spans) == 7)
        #expect(test.gauge.openConnections == 0)
        test.expectSettled()
    }

    @Test(arguments: 0..<40)
    func `whatever senders do, nothing stays reserved`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let body = try Requests.spans(8, seed: 3).bytes
        let limits = IngestLimits(
            requestBytesMax: body.count,
            inFlightBytesMax: body.count * 2,
            stagedBytesMax: 4000
        )
        let test = TestDoor(limits: limits)
        var open: [HTTPConnection] = []
        for _ in 0..<120 {
            switch random.next() % 9 {
            case 0: open.append(try test.connect())
            case 1 where !open.isEmpty:
                let length = body.count + Int(random.next() % 3) * 500
                let headers = [Self.protobuf, ("content-length", String(length))]
                open.randomElement(using: &random)?.send(HTTPConnection.head(headers: headers))
            case 2 where !open.isEmpty:
                let headers = [Self.protobuf, ("transfer-encoding", "chunked")]
                open.randomElement(using: &random)?.send(HTTPConnection.head(headers: headers))
            case 3 where !open.isEmpty:
                let part = Array(body.prefix(Int(random.next() % UInt64(body.count))))
                open.randomElement(using: &random)?.send(part)
            case 4 where !open.isEmpty:
                let part = HTTPConnection.chunk(Array(body.prefix(1 + Int(random.next() % 900))))
                open.randomElement(using: &random)?.send(part)
            case 5 where !open.isEmpty:
                open.randomElement(using: &random)?.send(HTTPConnection.request(body: body))
            case 6 where !open.isEmpty:
                open.remove(at: Int(random.next() % UInt64(open.count))).disconnect()
            case 7: test.sink.settle(random.next() % 3 == 0 ? .overloaded(retryAfterSeconds: 1) : nil)
            default: test.loop.run()
            }
            #expect(test.gauge.inFlightBytes <= limits.inFlightBytesMax, "seed \(seed)")
            #expect(test.gauge.inFlightBytes >= 0, "seed \(seed)")
        }
        for connection in open { connection.disconnect() }
        test.settleAll()
        #expect(test.gauge.openConnections == 0, "seed \(seed)")
        test.expectSettled()
    }
}
