import Compression
import Foundation
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import OTLP
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

@Suite struct OTLPGRPCHandlerTests {
    private static let service = "/opentelemetry.proto.collector."

    /// The details of a refusal, as a client decodes them.
    private func details(_ answer: GRPCStream.Answer) throws -> GoogleRPCStatusReader {
        let text = try #require(answer.heads.last?.first(name: "grpc-status-details-bin"))
        return try GoogleRPCStatusReader.read(Array(try #require(Data(base64Encoded: text))))
    }

    @Test(arguments: [
        ("trace.v1.TraceService/Export", Signal.spans), ("logs.v1.LogsService/Export", .logs),
        ("metrics.v1.MetricsService/Export", .points),
    ])
    func `a call is answered once the sink confirmed`(method: String, signal: Signal) throws {
        let test = TestDoor()
        let stream = try test.stream()
        let batch =
            switch signal {
            case .logs: try Requests.logs(5)
            case .points: try Requests.metrics()
            default: try Requests.spans(5)
            }
        try stream.begin(Self.service + method)
        try stream.send(GRPCStream.framed(batch.bytes), ends: true)
        test.loop.run()
        #expect(try stream.answer().heads.isEmpty)
        test.settleAll()
        let answer = try stream.answer()
        #expect(answer.heads.count == 2)
        #expect(answer.heads.first?.first(name: ":status") == "200")
        #expect(answer.heads.first?.first(name: "content-type") == "application/grpc")
        #expect(answer.message == [0, 0, 0, 0, 0])
        #expect(answer.status == 0)
        #expect(answer.isEnded)
        #expect(test.sink.keptItems(signal) == batch.itemCount)
        test.expectSettled()
    }

    @Test func `a message may be split anywhere, its prefix too`() throws {
        let message = GRPCStream.framed(try Requests.spans(1).bytes)
        for cut in 0..<min(message.count, 40) {
            let test = TestDoor()
            let stream = try test.stream()
            try stream.begin()
            try stream.send(Array(message[..<cut]))
            for byte in message[cut..<min(cut + 8, message.count)] { try stream.send([byte]) }
            try stream.send(Array(message[min(cut + 8, message.count)...]), ends: true)
            test.settleAll()
            #expect(try stream.answer().status == 0, "cut at \(cut)")
            #expect(test.sink.keptItems(.spans) == 1, "cut at \(cut)")
            test.expectSettled()
        }
    }

    @Test func `the end may come in a frame of its own, or as trailers`() throws {
        for trailers in [false, true] {
            let test = TestDoor()
            let stream = try test.stream()
            try stream.begin()
            try stream.send(GRPCStream.framed(try Requests.spans(2).bytes))
            if trailers {
                try stream.write(.headers(.init(headers: ["x-checksum": "1"], endStream: true)))
            } else {
                try stream.send([], ends: true)
            }
            test.settleAll()
            #expect(try stream.answer().status == 0, "trailers: \(trailers)")
            test.expectSettled()
        }
    }

    @Test(arguments: ["two messages", "too short", "too long", "no message", "unknown flag", "half a prefix"])
    func `anything but one whole message is an invalid argument`(fault: String) throws {
        let test = TestDoor()
        let stream = try test.stream()
        let message = try Requests.spans(1).bytes
        let bytes: [UInt8] =
            switch fault {
            case "two messages": GRPCStream.framed(message) + GRPCStream.framed(message)
            case "too short": GRPCStream.framed(message, length: message.count - 1)
            case "too long": GRPCStream.framed(message, length: message.count + 1)
            case "unknown flag": GRPCStream.framed(message, isCompressed: 2)
            case "half a prefix": [0, 0, 0]
            default: []
            }
        try stream.begin()
        try stream.send(bytes, ends: true)
        test.settleAll()
        let answer = try stream.answer()
        // Trailers only: one block that ends the stream.
        #expect(answer.heads.count == 1)
        #expect(answer.message.isEmpty)
        #expect(answer.isEnded)
        #expect(answer.status == 3)
        #expect(try self.details(answer).code == 3)
        #expect(try self.details(answer).message.contains("prefix"))
        #expect(test.accounts.refused[.spans]?["malformed"] == 1)
        test.expectSettled()
    }

    @Test func `a prefix that claims four gigabytes reserves nothing`() throws {
        let test = TestDoor()
        let stream = try test.stream()
        try stream.begin()
        try stream.send([0, 0xff, 0xff, 0xff, 0xff, 1])
        #expect(test.gauge.inFlightBytes == 6)
        try stream.send([], ends: true)
        #expect(try stream.answer().status == 3)
        test.expectSettled()
    }

    @Test func `gzip is read where the call names it, and only there`() throws {
        let packed = try #require(Gzip.compress(try Requests.spans(4).bytes))
        for (encoding, flag, status) in [("gzip", 1, 0), (nil, 1, 3), ("identity", 1, 3), ("gzip", 0, 3)] {
            let test = TestDoor()
            let stream = try test.stream()
            try stream.begin(encoding: encoding)
            try stream.send(GRPCStream.framed(packed, isCompressed: UInt8(flag)), ends: true)
            test.settleAll()
            #expect(try stream.answer().status == status, "\(encoding ?? "none") \(flag)")
            test.expectSettled()
        }
    }

    @Test func `a bomb stops at the limit`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1 << 20))
        let stream = try test.stream()
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 32 << 20)))
        try stream.begin(encoding: "gzip")
        try stream.send(GRPCStream.framed(bomb, isCompressed: 1), ends: true)
        let answer = try stream.answer()
        // Not to be sent again: RESOURCE_EXHAUSTED without RetryInfo.
        #expect(answer.status == 8)
        #expect(try self.details(answer).retrySeconds == nil)
        test.expectSettled()
    }

    @Test(arguments: [
        ("/wrong.Service/Export", "application/grpc", nil, 12),
        (GRPCStream.tracePath, "application/grpc+proto", "snappy", 12),
    ])
    func `what cannot be served is told at once`(
        path: String,
        type: String?,
        encoding: String?,
        status: Int
    ) throws {
        let test = TestDoor()
        let stream = try test.stream()
        try stream.begin(path, contentType: type, encoding: encoding)
        let answer = try stream.answer()
        #expect(answer.status == status)
        #expect(answer.isEnded)
        #expect(answer.heads.first?.first(name: ":status") == "200")
        // What still comes is thrown away.
        try stream.send(GRPCStream.framed(try Requests.spans(1).bytes), ends: true)
        test.settleAll()
        #expect(try stream.answer().heads.isEmpty)
        test.expectSettled()
    }

    @Test(arguments: [nil, "text/html", "application/json", ""])
    func `what is no gRPC at all is turned away as HTTP says`(type: String?) throws {
        let test = TestDoor()
        let stream = try test.stream()
        try stream.begin(contentType: type)
        let answer = try stream.answer()
        #expect(answer.heads.map { $0.first(name: ":status") } == ["415"])
        #expect(answer.isEnded && answer.status == nil)
        try stream.send(GRPCStream.framed(try Requests.spans(1).bytes), ends: true)
        test.settleAll()
        #expect(try stream.answer().heads.isEmpty)
        test.expectSettled()
    }

    @Test func `a write failure tells when to come back`() throws {
        let test = TestDoor()
        let stream = try test.stream()
        try stream.begin()
        try stream.send(GRPCStream.framed(try Requests.spans(3).bytes), ends: true)
        test.settleAll(.unavailable("größe % disk\n", retryAfterSeconds: 7))
        let answer = try stream.answer()
        #expect(answer.status == 14)
        #expect(try self.details(answer).retrySeconds == 7)
        #expect(answer.text == "gr%C3%B6%C3%9Fe %25 disk%0A; send again in 7 s")
        #expect(try self.details(answer).message == "größe % disk\n; send again in 7 s")
        test.expectSettled()
    }

    @Test func `too large and too much are different refusals`() throws {
        let body = try Requests.spans(20).bytes
        let limits = IngestLimits(requestBytesMax: body.count, inFlightBytesMax: body.count + 5)
        let test = TestDoor(limits: limits)
        let large = try test.stream()
        try large.begin()
        try large.send(GRPCStream.framed(body + [0]), ends: true)
        #expect(try large.answer().status == 8)
        let first = try test.stream()
        try first.begin()
        try first.send(GRPCStream.framed(body), ends: true)
        let second = try test.stream()
        try second.begin()
        try second.send(GRPCStream.framed(body), ends: true)
        let refused = try second.answer()
        #expect(refused.status == 14)
        #expect(try self.details(refused).retrySeconds == 1)
        test.settleAll()
        #expect(try first.answer().status == 0)
        test.expectSettled()
    }

    @Test func `spans without ids are told as a partial success`() throws {
        let test = TestDoor()
        let stream = try test.stream()
        var odd = OddTraffic(seed: 4)
        let batch = odd.mixedSpans(.shortTraceID, count: 10, at: Requests.sent)
        try stream.begin()
        try stream.send(GRPCStream.framed(batch.bytes), ends: true)
        test.settleAll()
        let answer = try stream.answer()
        #expect(answer.status == 0)
        #expect(
            try OTLPExportTracePartial.read(Array(answer.message.dropFirst(5))).rejected
                == Int64(batch.damagedCount)
        )
        test.expectSettled()
    }

    @Test func `a stalled message gives its room up, a call that waits for the disk stays`() throws {
        let test = TestDoor()
        let stalled = try test.stream()
        try stalled.begin()
        try stalled.send([0, 0, 0, 0, 9, 1, 2])
        let waiting = try test.stream()
        try waiting.begin()
        try waiting.send(GRPCStream.framed(try Requests.spans(1).bytes), ends: true)
        test.loop.run()
        for stream in [stalled, waiting] { stream.fallSilent() }
        #expect(!stalled.channel.isActive)
        #expect(waiting.channel.isActive)
        test.settleAll()
        #expect(try waiting.answer().status == 0)
        test.expectSettled()
    }

    @Test(arguments: 0..<30)
    func `whatever callers do, nothing stays reserved`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let message = GRPCStream.framed(try Requests.spans(8, seed: 3).bytes)
        let limits = IngestLimits(requestBytesMax: message.count, inFlightBytesMax: message.count * 2)
        let test = TestDoor(limits: limits)
        var open: [GRPCStream] = []
        for _ in 0..<100 {
            switch random.next() % 6 {
            case 0:
                open.append(try test.stream())
                try open.last?.begin(encoding: random.next() % 4 == 0 ? "gzip" : nil)
            case 1, 2:
                let part = Array(message.prefix(Int(random.next() % UInt64(message.count))))
                try open.randomElement(using: &random)?.send(part, ends: random.next() % 4 == 0)
            case 3: try open.randomElement(using: &random)?.send(message, ends: true)
            case 4 where !open.isEmpty: open.remove(at: Int(random.next() % UInt64(open.count))).disconnect()
            default:
                test.loop.run()
                test.sink.settle(random.next() % 3 == 0 ? .overloaded(retryAfterSeconds: 1) : nil)
            }
            #expect(test.gauge.inFlightBytes <= limits.inFlightBytesMax, "seed \(seed)")
        }
        for stream in open { stream.disconnect() }
        test.settleAll()
        test.expectSettled()
    }
}
