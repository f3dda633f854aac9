import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

@Suite struct OTLPAnswerTests {
    private func json(_ answer: OTLPAcceptance) -> String {
        String(decoding: answer.body(as: .json), as: UTF8.self)
    }

    @Test(arguments: OTLPSignal.allCases)
    func `when all is well the answer is empty`(signal: OTLPSignal) {
        #expect(OTLPAcceptance(signal).body(as: .protobuf) == [])
        #expect(self.json(OTLPAcceptance(signal)) == "{}")
    }

    @Test func `a partial success says how many were rejected, and why`() throws {
        let traces = OTLPAcceptance(.traces, rejected: 5, message: "too old")
        #expect(self.json(traces) == #"{"partialSuccess":{"rejectedSpans":"5","errorMessage":"too old"}}"#)
        #expect(
            try OTLPExportTraceServiceResponse(serializedBytes: traces.body(as: .protobuf))
                == .with {
                    ($0.partialSuccess.rejectedSpans, $0.partialSuccess.errorMessage) = (5, "too old")
                }
        )
        let metrics = OTLPAcceptance(.metrics, rejected: 300)
        #expect(self.json(metrics) == #"{"partialSuccess":{"rejectedDataPoints":"300"}}"#)
        #expect(
            try OTLPExportMetricsServiceResponse(serializedBytes: metrics.body(as: .protobuf))
                == .with { $0.partialSuccess.rejectedDataPoints = 300 }
        )
        let logs = OTLPAcceptance(.logs, message: "a warning")
        #expect(self.json(logs) == #"{"partialSuccess":{"errorMessage":"a warning"}}"#)
        #expect(
            try OTLPExportLogsServiceResponse(serializedBytes: logs.body(as: .protobuf))
                == .with { $0.partialSuccess.errorMessage = "a warning" }
        )
    }

    @Test(arguments: OTLPSignal.allCases)
    func `both encodings of an answer say the same`(signal: OTLPSignal) throws {
        for rejected in [0, 7, .max] as [Int64] {
            for message in ["", "why", String(repeating: "long ", count: 100)] {
                let answer = OTLPAcceptance(signal, rejected: rejected, message: message)
                let json = try OTLPJSON.json(from: answer.body(as: .protobuf), as: .response(signal))
                #expect(json == answer.body(as: .json))
            }
        }
    }

    @Test func `a refusal carries code, message and when to try again`() throws {
        let refusal = OTLPRefusal(.unavailable, "queue full", retryAfter: .milliseconds(1_500))
        let status = try RPCStatus(serializedBytes: refusal.body(as: .protobuf))
        #expect(status.code == 14)
        #expect(status.message == "queue full")
        let info = try RPCRetryInfo(unpackingAny: status.details[0])
        #expect(info.retryDelay == .with { ($0.seconds, $0.nanos) = (1, 500_000_000) })
        #expect(
            String(decoding: refusal.body(as: .json), as: UTF8.self)
                == #"{"code":14,"message":"queue full","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","#
                + #""retryDelay":"1.500s"}]}"#
        )
    }

    @Test(arguments: [
        Duration.zero, .seconds(1), .milliseconds(1), .microseconds(1_000_001), .nanoseconds(1), .seconds(-3),
        .milliseconds(-1_500), .milliseconds(-1), .seconds(315_576_000_000),
    ])
    func `both encodings of a refusal say the same, and what SwiftProtobuf says`(delay: Duration) throws {
        let refusal = OTLPRefusal(.resourceExhausted, "slow", retryAfter: delay)
        let protobuf = refusal.body(as: .protobuf)
        #expect(try OTLPJSON.json(from: protobuf, as: .status) == refusal.body(as: .json))
        let info = try RPCRetryInfo(unpackingAny: RPCStatus(serializedBytes: protobuf).details[0])
        let text = try info.jsonString().replacing("{\"retryDelay\":", with: "").dropLast()
        #expect(String(decoding: refusal.body(as: .json), as: UTF8.self).contains(text))
    }

    @Test(arguments: RPCCode.allCases)
    func `every code is written by its number`(code: RPCCode) throws {
        let refusal = OTLPRefusal(code, "m")
        #expect(try RPCStatus(serializedBytes: refusal.body(as: .protobuf)).code == code.rawValue)
        #expect(try OTLPJSON.json(from: refusal.body(as: .protobuf), as: .status) == refusal.body(as: .json))
    }
}
