import Access
import NIOCore
import NIOEmbedded
import PKI
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

/// Doors that ask who sends.
@Suite struct CallerTests {
    private static func gate() -> Gate {
        Gate(tls: nil, isOpen: false, tokens: { TokenTable() }, now: { 0 })
    }

    @Test func `over HTTP, who may not send is told so before the body, and nothing is kept`() throws {
        let gate = Self.gate()
        let test = TestDoor(gate: gate)
        let connection = try test.connect()
        let body = try Requests.spans(3).bytes
        connection.send(HTTPConnection.request(body: body) + HTTPConnection.request("/nowhere", body: body))
        test.settleAll()
        for _ in 0..<2 {
            let answer = try #require(try connection.answer())
            #expect(answer.status == 401 && answer.headers["www-authenticate"] == "Bearer realm=\"neoscope\"")
            #expect(answer.headers["content-type"] == "application/x-protobuf")
        }
        #expect(gate.tally[.noCredential] == 2 && test.sink.keptItems(.spans) == 0)
        #expect(connection.channel.isActive, "another request may bring a credential")
        test.expectSettled()
    }

    @Test func `over gRPC, who may not send hears UNAUTHENTICATED, and nothing is kept`() throws {
        let gate = Self.gate()
        let test = TestDoor(gate: gate)
        let stream = try test.stream()
        try stream.begin()
        try stream.send(GRPCStream.framed(try Requests.spans(3).bytes), ends: true)
        test.settleAll()
        let answer = try stream.answer()
        #expect(answer.status == 16 && answer.isEnded)
        #expect(answer.text?.contains("Authorization: Bearer") == true)
        #expect(gate.tally[.noCredential] == 1 && test.sink.keptItems(.spans) == 0)
        test.expectSettled()
    }
}
