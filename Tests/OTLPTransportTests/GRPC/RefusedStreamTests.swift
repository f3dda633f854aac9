import NIOHTTP2
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

/// Calls that are refused before their senders have said everything.
@Suite struct RefusedStreamTests {
    @Test func `a body beyond the limit is let go and its stream ended, though the sender goes on`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1 << 20))
        let stream = try test.stream()
        let part = [UInt8](repeating: 0, count: 1 << 16)
        try stream.begin()
        for _ in 0..<16 { try stream.send(part) }
        #expect(test.gauge.inFlightBytes == 1 << 20)
        #expect(stream.heldBytes >= 1 << 20)
        try stream.send(part)
        let answer = try stream.answer()
        #expect(answer.status == 8)
        #expect(answer.isEnded)
        #expect(answer.reset == .noError)
        #expect(stream.heldBytes == 0)
        // What was on its way is thrown away, and answered no second time.
        for _ in 0..<100 { try stream.send(part) }
        try stream.send([], ends: true)
        #expect(stream.heldBytes == 0)
        let later = try stream.answer()
        #expect(later.heads.isEmpty && later.reset == nil)
        #expect(test.accounts.refused[.spans]?["too_large"] == 1)
        test.expectSettled()
    }

    @Test func `a body that finds no room is let go and its stream ended`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1 << 20, inFlightBytesMax: 1 << 20))
        let greedy = try test.stream()
        try greedy.begin()
        try greedy.send([UInt8](repeating: 0, count: 900_000))
        let late = try test.stream()
        try late.begin()
        try late.send([UInt8](repeating: 0, count: 100_000))
        #expect(late.heldBytes > 0)
        try late.send([UInt8](repeating: 0, count: 100_000))
        let answer = try late.answer()
        #expect(answer.status == 14)
        #expect(answer.reset == .noError)
        #expect(late.heldBytes == 0)
        #expect(test.gauge.inFlightBytes == 900_000)
        greedy.disconnect()
        test.expectSettled()
    }

    @Test(arguments: [
        ("/wrong.Service/Export", "application/grpc", nil), (GRPCStream.tracePath, "text/html", nil),
        (GRPCStream.tracePath, "application/grpc", "snappy"),
    ])
    func `what cannot be served is not waited for`(path: String, type: String, encoding: String?) throws {
        let test = TestDoor()
        let open = try test.stream()
        try open.begin(path, contentType: type, encoding: encoding)
        #expect(try open.answer().reset == .noError)
        // A sender that is at its end has nothing to be told.
        let ended = try test.stream()
        try ended.begin(path, contentType: type, encoding: encoding, ends: true)
        let answer = try ended.answer()
        #expect(answer.isEnded && answer.reset == nil)
        test.expectSettled()
    }

    @Test func `a stream whose sender is at its end is not reset`() throws {
        let test = TestDoor(limits: IngestLimits(requestBytesMax: 1000))
        let large = try test.stream()
        try large.begin()
        try large.send([UInt8](repeating: 0, count: 2000), ends: true)
        let refused = try large.answer()
        #expect(refused.status == 8 && refused.reset == nil)
        let malformed = try test.stream()
        try malformed.begin()
        try malformed.send([0, 0, 0], ends: true)
        #expect(try malformed.answer().reset == nil)
        let good = try test.stream()
        try good.begin()
        try good.send(GRPCStream.framed(try Requests.spans(1).bytes), ends: true)
        test.settleAll()
        let taken = try good.answer()
        #expect(taken.status == 0 && taken.reset == nil)
        test.expectSettled()
    }
}
