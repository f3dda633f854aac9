/// The answer to a request that was not taken: a `google.rpc.Status`.
///
/// Over HTTP it is the body of every 4xx and 5xx; over gRPC its protobuf form is the trailer
/// `grpc-status-details-bin`. Code and message are also what `grpc-status` and `grpc-message` carry.
package struct OTLPRefusal: Error, Equatable, Sendable {
    package var code: RPCCode
    /// What was wrong, for developers; it quotes no payload.
    package var message: String
    /// When to send again: adds a RetryInfo.
    ///
    /// Without one, clients take RESOURCE_EXHAUSTED as final.
    package var retryAfter: Duration?

    /// Makes a refusal.
    package init(_ code: RPCCode, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// The body of the answer.
    package func body(as encoding: OTLPEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf: self.protobuf
        case .json: self.json
        }
    }

    private var protobuf: [UInt8] {
        var output = ProtobufBuffer()
        output.integer(1, Int64(self.code.rawValue))
        output.text(2, self.message)
        if let delay = self.delay {
            output.message(3) { any in
                any.text(1, RPCDetail.retryInfoURL)
                any.message(2) { info in
                    info.message(1) { duration in
                        duration.integer(1, delay.seconds)
                        duration.integer(2, Int64(delay.nanoseconds))
                    }
                }
            }
        }
        return output.bytes
    }

    private var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { status in
            if self.code != .ok { status.member("code", Int(self.code.rawValue)) }
            if !self.message.isEmpty { status.member("message", self.message) }
            guard let delay = self.delay else { return }
            status.key("details")
            status.array { details in
                details.object { info in
                    info.member("@type", RPCDetail.retryInfoURL)
                    let text = RPCDetail.text(seconds: delay.seconds, nanoseconds: delay.nanoseconds)
                    info.member("retryDelay", text)
                }
            }
        }
        return writer.bytes
    }

    /// The delay as protobuf has it: both parts of one sign, less than a nanosecond cut off.
    private var delay: (seconds: Int64, nanoseconds: Int32)? {
        self.retryAfter.map { delay in
            let (seconds, attoseconds) = delay.components
            return (seconds, Int32(truncatingIfNeeded: attoseconds / 1_000_000_000))
        }
    }
}
