import Foundation
import OTLPMessages
import SwiftProtobuf
import Testing

@testable import OTLP

@Suite struct JaegerAnswerTests {
    private func text(_ body: [UInt8]) -> String {
        String(decoding: body, as: UTF8.self)
    }

    @Test func `lists stand in the envelope`() {
        #expect(
            self.text(JaegerAnswer.services(["a", "b"]))
                == #"{"data":["a","b"],"total":2,"limit":0,"offset":0,"errors":null}"#
        )
        #expect(
            self.text(JaegerAnswer.operations([] as [String]))
                == #"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#
        )
        #expect(
            self.text(JaegerAnswer.operations([JaegerOperation(name: "a", kind: "client")]))
                == #"{"data":[{"name":"a","spanKind":"client"}],"total":1,"limit":0,"offset":0,"errors":null}"#
        )
        #expect(
            self.text(JaegerAnswer.dependencies([.init(parent: "a", child: "b", callCount: 3)]))
                == #"{"data":[{"parent":"a","child":"b","callCount":3}],"total":1,"limit":0,"offset":0,"errors":null}"#
        )
    }

    @Test func `traces stand in the envelope, with what is missing`() {
        let missing = JaegerAnswer.Failure(message: "node b is away", traceID: "ab")
        #expect(
            self.text(JaegerAnswer.traces([OTLPTracesData()], limit: 20, failures: [missing]))
                == #"{"data":[{"traceID":"","spans":[],"processes":{},"warnings":null}],"total":1,"limit":20,"#
                + #""offset":0,"errors":[{"msg":"node b is away","traceID":"ab"}]}"#
        )
        #expect(
            self.text(JaegerAnswer.failure(.init(code: 404, message: "trace not found")))
                == #"{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}"#
        )
    }

    @Test func `the newer API has its own envelopes`() {
        #expect(self.text(JaegerV3Answer.services(["foo"])) == #"{"services":["foo"]}"#)
        #expect(
            self.text(
                JaegerV3Answer.operations([
                    .init(name: "get_users", kind: "server"), .init(name: "x", kind: ""),
                ])
            )
                == #"{"operations":[{"name":"get_users","spanKind":"server"},{"name":"x","spanKind":""}]}"#
        )
        #expect(
            self.text(JaegerV3Answer.failure(httpCode: 404, message: "No traces found"))
                == #"{"error":{"httpCode":404,"message":"No traces found"}}"#
        )
    }

    @Test func `the newer API gives traces as OTLP has them`() throws {
        let traces = OTLPTracesData.with { traces in
            traces.resourceSpans = [
                .with { place in
                    place.resource = OTLPResource()
                    place.scopeSpans = [
                        .with { scopeSpans in
                            scopeSpans.scope = OTLPInstrumentationScope()
                            scopeSpans.spans = [
                                .with { span in
                                    span.traceID = Data(repeating: 0, count: 15) + [1]
                                    span.spanID = Data(repeating: 0, count: 7) + [2]
                                    span.name = "foobar"
                                    span.kind = .server
                                    span.status.code = .error
                                }
                            ]
                        }
                    ]
                }
            ]
        }
        let expected =
            #"{"result":{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"kind":2,"name":"foobar","#
            + #""spanId":"0000000000000002","status":{"code":2},"traceId":"00000000000000000000000000000001"}]}]}]}}"#
        let ours = try JaegerV3Answer.traces(protobuf: traces.serializedBytes())
        #expect(try Oracle.object(ours) == Oracle.object(Array(expected.utf8)))
        #expect(try self.text(JaegerV3Answer.traces(protobuf: [])) == #"{"result":{"resourceSpans":[]}}"#)
        #expect(throws: ProtobufFailure.self) { try JaegerV3Answer.traces(protobuf: [10]) }
    }

    @Test func `a summary has times as strings and services by name`() {
        let summary = JaegerTraceSummary(
            traceID: Array(repeating: 0, count: 15) + [1],
            rootServiceName: "frontend",
            rootOperationName: "HTTP GET /",
            minStartUnixNanoseconds: 1_000_000_000_000,
            maxEndUnixNanoseconds: 1_001_000_000_000,
            spanCount: 3,
            errorSpanCount: 1,
            orphanSpanCount: 0,
            services: [
                .init(name: "frontend", spanCount: 2, errorSpanCount: 1),
                .init(name: "api", spanCount: 1, errorSpanCount: 0),
            ]
        )
        #expect(
            self.text(JaegerV3Answer.summaries([summary]))
                == #"{"summaries":[{"traceId":"00000000000000000000000000000001","rootServiceName":"frontend","#
                + #""rootOperationName":"HTTP GET /","minStartTimeUnixNano":"1000000000000","#
                + #""maxEndTimeUnixNano":"1001000000000","spanCount":3,"errorSpanCount":1,"orphanSpanCount":0,"#
                + #""services":[{"name":"api","spanCount":1,"errorSpanCount":0},"#
                + #"{"name":"frontend","spanCount":2,"errorSpanCount":1}]}]}"#
        )
        #expect(self.text(JaegerV3Answer.summaries([])) == #"{"summaries":[]}"#)
    }
}
