internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import OTLP

/// A request that is not answered as asked: the status, and what was expected, what came and where.
struct APIFailure: Error, Equatable {
    var status: HTTPResponse.Status
    var message: String
    /// The value of `WWW-Authenticate`; nil where no credential is asked for.
    var challenge: String?

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The body in the dialect of the path that was asked.
    func response(_ request: Request) -> Response {
        var response = self.body(request)
        response.headers[.wwwAuthenticate] = self.challenge
        return response
    }

    private func body(_ request: Request) -> Response {
        let path = request.uri.path
        if path.hasPrefix("/api/v3/") {
            return .json(
                JaegerV3Answer.failure(httpCode: self.status.code, message: self.message),
                self.status
            )
        }
        if path.hasPrefix("/api/v1/") || !path.hasPrefix("/api/") {
            var writer = JSONWriter()
            writer.object { body in
                body.key("error")
                body.object { error in
                    error.member("code", self.status.code)
                    error.member("message", self.message)
                }
            }
            return .json(writer.bytes, self.status)
        }
        return .json(JaegerAnswer.failure(.init(code: self.status.code, message: self.message)), self.status)
    }
}

extension Response {
    /// A JSON body.
    static func json(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// A whole page; browsers may load and run nothing for it.
    static func page(_ html: String) -> Response {
        var response = Response.text(html, type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] = ReportPage.policy.text
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    /// A text body.
    static func text(
        _ text: String,
        _ status: HTTPResponse.Status = .ok,
        type: String = "text/plain"
    ) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
