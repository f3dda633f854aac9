internal import Compression
internal import NIOHTTP1
internal import OTLP
internal import Pipeline
internal import Telemetry

/// What the head of a request decides about its body and its answer.
struct Exchange: Sendable {
    enum Compression {
        case none
        case gzip
        case unknown
    }

    let signal: Signal?
    let otlpSignal: OTLPSignal
    /// The body's encoding; nil for a Content-Type that OTLP does not have.
    let encoding: OTLPEncoding?
    let compression: Compression
    let acceptsGzip: Bool
    /// The web page's origin, where it is allowed; nil else.
    let origin: String?
    /// Whether a web page sent it that may not.
    let isForeign: Bool
    /// Whether the sender holds its body back until it is told to go on (RFC 9110, section 10.1.1).
    let awaitsContinue: Bool
    private let isKeptAlive: Bool
    private let version: HTTPVersion

    init(_ head: HTTPRequestHead, _ crossOrigin: CrossOrigin) {
        let path = head.uri.prefix { $0 != "?" }
        (self.signal, self.otlpSignal) =
            switch path {
            case "/v1/traces": (.spans, .traces)
            case "/v1/metrics": (.points, .metrics)
            case "/v1/logs": (.logs, .logs)
            default: (nil, .traces)
            }
        let type = head.headers.first(name: "content-type")?.prefix { $0 != ";" }.trimmed.lowercased()
        self.encoding =
            switch type {
            case "application/x-protobuf": .protobuf
            case "application/json": .json
            default: nil
            }
        switch head.headers.first(name: "content-encoding")?.lowercased() {
        case nil, "", "identity": self.compression = .none
        case "gzip": self.compression = .gzip
        default: self.compression = .unknown
        }
        self.acceptsGzip = head.headers[canonicalForm: "accept-encoding"].contains { part in
            let words = part.split(separator: ";").map { $0.trimmed }
            // A quality of zero means "not acceptable" (RFC 9110, section 12.4.2).
            return words.first == "gzip"
                && !words.dropFirst().contains { word in
                    word.hasPrefix("q=") && Double(word.dropFirst(2)) == 0
                }
        }
        let origin = head.headers.first(name: "origin")
        self.origin = origin.flatMap { crossOrigin.allows($0) ? $0 : nil }
        self.isForeign = origin != nil && self.origin == nil
        self.awaitsContinue =
            head.version == .http1_1 && head.headers.first(name: "expect")?.lowercased() == "100-continue"
        self.isKeptAlive = head.isKeepAlive
        self.version = head.version
    }

    func acceptance(_ admission: Admission) -> HTTPAnswer {
        self.answer(.ok, admission.acceptance(self.otlpSignal).body(as: self.encoding ?? .protobuf))
    }

    func refusal(_ refusal: Refusal, closing: Bool = false) -> HTTPAnswer {
        var answer = self.answer(
            refusal.httpStatus,
            refusal.status.body(as: self.encoding ?? .json),
            closing: closing
        )
        if let seconds = refusal.retryAfterSeconds {
            answer.head.headers.replaceOrAdd(name: "retry-after", value: String(seconds))
        }
        return answer
    }

    func failure(_ status: HTTPResponseStatus, _ code: RPCCode, _ message: String) -> HTTPAnswer {
        var answer = self.answer(status, OTLPRefusal(code, message).body(as: self.encoding ?? .json))
        if status == .methodNotAllowed { answer.head.headers.add(name: "allow", value: "POST, OPTIONS") }
        return answer
    }

    /// The answer to a caller who may not send.
    func failure(_ refusal: OTLPRefusal) -> HTTPAnswer {
        let isUnknown = refusal.code == .unauthenticated
        var answer = self.failure(isUnknown ? .unauthorized : .forbidden, refusal.code, refusal.message)
        if isUnknown {
            answer.head.headers.add(name: "www-authenticate", value: "Bearer realm=\"neoscope\"")
        }
        return answer
    }

    func preflight() -> HTTPAnswer {
        var answer = self.answer(.noContent, [])
        answer.head.headers.add(name: "access-control-allow-methods", value: "POST, OPTIONS")
        answer.head.headers.add(
            name: "access-control-allow-headers",
            value: "content-type, content-encoding, authorization, traceparent, tracestate"
        )
        answer.head.headers.add(name: "access-control-max-age", value: "7200")
        return answer
    }

    private func answer(_ status: HTTPResponseStatus, _ body: [UInt8], closing: Bool = false) -> HTTPAnswer {
        var headers = HTTPHeaders()
        var body = body
        if status != .noContent {
            headers.add(
                name: "content-type",
                value: self.encoding == .protobuf ? "application/x-protobuf" : "application/json"
            )
        }
        if self.acceptsGzip, body.count >= 64, let packed = Gzip.compress(body) {
            body = packed
            headers.add(name: "content-encoding", value: "gzip")
        }
        if let origin = self.origin {
            headers.add(name: "access-control-allow-origin", value: origin)
            headers.add(name: "access-control-expose-headers", value: "retry-after")
            headers.add(name: "vary", value: "Origin")
        }
        if status != .noContent { headers.add(name: "content-length", value: String(body.count)) }
        let closes = closing || !self.isKeptAlive
        if closes { headers.add(name: "connection", value: "close") }
        return HTTPAnswer(
            head: HTTPResponseHead(version: self.version, status: status, headers: headers),
            body: body,
            closes: closes
        )
    }
}

/// A whole answer, ready to be written.
struct HTTPAnswer {
    var head: HTTPResponseHead
    var body: [UInt8]
    var closes: Bool
}

extension Substring {
    /// Without spaces at both ends.
    fileprivate var trimmed: Substring {
        var text = self.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
