/// How an OTLP body is encoded; an answer is encoded as its request was.
package enum OTLPEncoding: Sendable {
    /// `application/x-protobuf`, and the messages of gRPC.
    case protobuf
    /// `application/json`.
    case json
}
