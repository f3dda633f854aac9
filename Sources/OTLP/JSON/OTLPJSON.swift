/// OTLP/JSON, the JSON form of OTLP's protobuf messages: each direction is one pass over bytes.
///
/// OTLP specification, "JSON Protobuf Encoding": the mapping of proto3 to JSON, except that trace and span ids are
/// hexadecimal, that enumerations are integers, and that unknown members are ignored.
package enum OTLPJSON {
    /// A message with a JSON form.
    package enum Document: Sendable {
        /// An `Export…ServiceRequest`; `TracesData`, `MetricsData` and `LogsData` are the same.
        case request(OTLPSignal)
        /// An `Export…ServiceResponse`.
        case response(OTLPSignal)
        /// A `google.rpc.Status`.
        case status

        var message: OTLPMessage {
            switch self {
            case .request(.traces): .tracesData
            case .request(.metrics): .metricsData
            case .request(.logs): .logsData
            case .response(.traces): .traceResponse
            case .response(.metrics): .metricsResponse
            case .response(.logs): .logsResponse
            case .status: .rpcStatus
            }
        }
    }

    /// Turns the JSON of an export request into its protobuf bytes.
    ///
    /// Accepted beyond the specification, because senders do it: names in snake_case, names of enumerations. Numbers
    /// may stand in strings. `null` is absence. Ids must be hexadecimal; their length is not judged here. Messages
    /// may be nested 64 deep. A repeated member is merged as protobuf says. Linear in time; the result is at
    /// most four times as long as the text (a list of doubles), usually half.
    package static func protobuf(
        from json: Span<UInt8>,
        as signal: OTLPSignal
    ) throws(JSONFailure) -> [UInt8] {
        var transcoder = JSONTranscoder(json)
        return try transcoder.run(as: Document.request(signal).message)
    }

    /// Turns the JSON of an export request into its protobuf bytes.
    package static func protobuf(
        from json: [UInt8],
        as signal: OTLPSignal
    ) throws(JSONFailure) -> [UInt8] {
        try Self.protobuf(from: json.span, as: signal)
    }

    /// Writes the protobuf bytes of a message as JSON.
    ///
    /// Names are lowerCamelCase, 64-bit integers strings, enumerations integers, ids lower-case hexadecimal; what
    /// has its default is left out, unknown fields too, and text that is not UTF-8 gets U+FFFD in its place.
    package static func json(
        from protobuf: Span<UInt8>,
        as document: Document
    ) throws(ProtobufFailure) -> [UInt8] {
        var transcoder = ProtobufTranscoder(protobuf)
        return try transcoder.run(as: document.message)
    }

    /// Writes the protobuf bytes of a message as JSON.
    package static func json(
        from protobuf: [UInt8],
        as document: Document
    ) throws(ProtobufFailure) -> [UInt8] {
        try Self.json(from: protobuf.span, as: document)
    }
}
