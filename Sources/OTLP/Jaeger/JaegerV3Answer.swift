/// The bodies of Jaeger's newer query API, `/api/v3`: OTLP/JSON within small envelopes.
package enum JaegerV3Answer {
    /// Traces as `/api/v3/traces` gives them: one set of resource spans for all of them.
    ///
    /// It takes `TracesData` as stored; the bytes of several traces may be joined end to end.
    package static func traces(protobuf: [UInt8]) throws(ProtobufFailure) -> [UInt8] {
        let traces = try OTLPJSON.json(from: protobuf, as: .request(.traces))
        var writer = JSONWriter(capacityBytes: traces.count + 16)
        writer.object { answer in
            answer.key("result")
            // Readers go on to the member without asking whether it is there.
            answer.value(encoded: traces.count > 2 ? traces : Array(#"{"resourceSpans":[]}"#.utf8))
        }
        return writer.bytes
    }

    /// The names of services.
    package static func services(_ names: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.member("services", names) }
        return writer.bytes
    }

    /// The operations of one service.
    package static func operations(_ operations: [JaegerOperation]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { answer in
            answer.key("operations")
            answer.array(of: operations) { $0.jaegerOperation($1) }
        }
        return writer.bytes
    }

    /// What a search found, without the spans.
    package static func summaries(_ summaries: [JaegerTraceSummary]) -> [UInt8] {
        var writer = JSONWriter(capacityBytes: 256 * summaries.count + 16)
        writer.object { answer in
            answer.key("summaries")
            answer.array(of: summaries) { $0.jaegerSummary($1) }
        }
        return writer.bytes
    }

    /// A refusal, with the status of the answer.
    package static func failure(httpCode: Int, message: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { answer in
            answer.key("error")
            answer.object { failure in
                failure.member("httpCode", httpCode)
                failure.member("message", message)
            }
        }
        return writer.bytes
    }
}
