internal import NIOHTTP1
internal import OTLP
internal import Pipeline
internal import Telemetry

extension Refusal {
    /// The answer over HTTP (OTLP specification, "OTLP/HTTP Response").
    var httpStatus: HTTPResponseStatus {
        switch self {
        case .malformed: .badRequest
        case .unsupported: .unsupportedMediaType
        case .tooLarge: .payloadTooLarge
        case .overloaded: .tooManyRequests
        case .unavailable: .serviceUnavailable
        }
    }

    /// Seconds for `Retry-After` and RetryInfo; nil where sending again cannot help.
    var retryAfterSeconds: Int? {
        switch self {
        case .malformed, .unsupported, .tooLarge: nil
        case .overloaded(let seconds), .unavailable(_, let seconds): seconds
        }
    }

    /// The answer as `google.rpc.Status`.
    var status: OTLPRefusal {
        let code: RPCCode =
            switch self {
            case .malformed, .unsupported: .invalidArgument
            case .tooLarge: .resourceExhausted
            case .overloaded, .unavailable: .unavailable
            }
        return OTLPRefusal(code, self.message, retryAfter: self.retryAfterSeconds.map { .seconds($0) })
    }
}

extension Admission {
    /// The answer to a request that was taken.
    func acceptance(_ signal: OTLPSignal) -> OTLPAcceptance {
        guard self.rejected > 0 else { return OTLPAcceptance(signal) }
        let why = self.rejectReason?.explanation ?? "invalid"
        return OTLPAcceptance(
            signal,
            rejected: Int64(self.rejected),
            message: "\(self.rejected) of \(self.accepted + self.rejected) refused; the first: \(why)"
        )
    }
}
