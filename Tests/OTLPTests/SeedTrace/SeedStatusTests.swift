import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

@Suite struct SeedStatusTests {
    private func span(
        _ code: OTLPStatus.StatusCode,
        message: String = "",
        attributes: [(String, String)] = [],
        exceptions: [String] = []
    ) -> OTLPSpan {
        .with { span in
            span.status = .with { ($0.code, $0.message) = (code, message) }
            span.attributes = attributes.map { JaegerMappingTests.text($0.0, $0.1) }
            span.events = exceptions.map { type in
                .with { $0.attributes = [JaegerMappingTests.text("exception.type", type)] }
            }
        }
    }

    @Test func `what is not an error is a success, whatever it says`() {
        #expect(SeedStatus(of: self.span(.unset, attributes: [("error.type", "timeout")])) == .success)
        #expect(SeedStatus(of: self.span(.ok, message: "cancelled")) == .success)
        #expect(SeedStatus(of: self.span(.UNRECOGNIZED(7))) == .success)
    }

    @Test(arguments: [
        "timeout", "java.net.SocketTimeoutException", "TimeoutError", "DEADLINE_EXCEEDED",
        "context deadline exceeded",
        "request timed out", "ETIMEDOUT", "DeadlineExceeded",
    ])
    func `these say that it was a timeout`(text: String) {
        #expect(SeedStatus(of: self.span(.error, attributes: [("error.type", text)])) == .timeout)
        #expect(SeedStatus(of: self.span(.error, message: text)) == .timeout)
        #expect(SeedStatus(of: self.span(.error, exceptions: [text])) == .timeout)
    }

    @Test(arguments: [
        "cancelled", "context canceled", "asyncio.CancelledError", "OperationCanceledException", "AbortError",
    ])
    func `these say that it was cancelled`(text: String) {
        #expect(SeedStatus(of: self.span(.error, attributes: [("exception.type", text)])) == .cancelled)
        #expect(SeedStatus(of: self.span(.error, message: text)) == .cancelled)
        #expect(SeedStatus(of: self.span(.error, exceptions: [text])) == .cancelled)
    }

    @Test(arguments: ["", "500", "ValueError", "connection refused", "aborted"])
    func `anything else is an error`(text: String) {
        #expect(
            SeedStatus(of: self.span(.error, message: text, attributes: [("error.type", text)])) == .error
        )
    }

    @Test func `the first that says either decides`() {
        let typed = self.span(.error, message: "timeout", attributes: [("error.type", "CancelledError")])
        #expect(SeedStatus(of: typed) == .cancelled)
        #expect(
            SeedStatus(of: self.span(.error, exceptions: ["TimeoutError", "CancelledError"])) == .cancelled
        )
        #expect(SeedStatus(of: self.span(.error, message: "timeout", exceptions: ["ValueError"])) == .timeout)
        #expect(SeedStatus(of: self.span(.error, message: "cancelled: deadline exceeded")) == .timeout)
    }
}
