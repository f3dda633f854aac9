import NIOEmbedded
import Pipeline
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

/// Web pages: who may send, and what their browsers are told.
@Suite struct OTLPHTTPOriginTests {
    private static let page = ("origin", "http://localhost:3000")

    @Test func `a preflight of an allowed page is answered`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        connection.send(
            HTTPConnection.head(
                method: "OPTIONS",
                headers: [Self.page, ("access-control-request-method", "POST")]
            )
        )
        let answer = try #require(try connection.answer())
        #expect(answer.status == 204)
        #expect(answer.headers["access-control-allow-origin"] == "http://localhost:3000")
        #expect(answer.headers["access-control-allow-methods"] == "POST, OPTIONS")
        #expect(answer.headers["access-control-allow-headers"]?.contains("content-type") == true)
        #expect(answer.headers["vary"] == "Origin")
        #expect(answer.headers["content-length"] == nil)
    }

    @Test func `an allowed page may send, and may read when to come back`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        let headers = [Self.page, ("content-type", "application/x-protobuf")]
        connection.send(HTTPConnection.request(headers: headers, body: try Requests.spans(2).bytes))
        test.settleAll()
        let answer = try #require(try connection.answer())
        #expect(answer.status == 200)
        #expect(answer.headers["access-control-allow-origin"] == "http://localhost:3000")
        #expect(answer.headers["access-control-expose-headers"] == "retry-after")
    }

    @Test(arguments: ["POST", "OPTIONS"])
    func `any other page is refused, and nothing of it is taken`(method: String) throws {
        let test = TestDoor()
        let connection = try test.connect()
        let headers = [("origin", "http://evil.example:4318"), ("content-type", "application/x-protobuf")]
        connection.send(
            HTTPConnection.request(method: method, headers: headers, body: try Requests.spans(2).bytes)
        )
        test.settleAll()
        let answer = try #require(try connection.answer())
        #expect(answer.status == 403)
        #expect(answer.headers["access-control-allow-origin"] == nil)
        #expect(test.sink.commitCount == 0)
    }

    @Test func `options without an origin is just a wrong method`() throws {
        let test = TestDoor()
        let connection = try test.connect()
        connection.send(HTTPConnection.head(method: "OPTIONS", headers: []))
        #expect(try connection.answer()?.status == 405)
    }
}
