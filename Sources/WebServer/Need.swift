internal import Access
internal import HTTPTypes
internal import Hummingbird

/// Lets only those through to the routes behind it who may do what these do.
///
/// The right belongs to the route, not to the spelling of a path, so that no path finds a way around.
struct Need: RouterMiddleware {
    let right: AccessRight
    let gate: Gate

    init(_ right: AccessRight, _ gate: Gate) {
        self.right = right
        self.gate = gate
    }

    @concurrent func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        try self.gate.demand(self.right, request, context)
        return try await next(request, context)
    }
}

extension Gate {
    /// Throws where the request may not do that; a refusal is counted.
    func demand(_ right: AccessRight, _ request: Request, _ context: APIContext) throws(APIFailure) {
        let authorization = request.headers[.authorization]
        guard
            let refusal = self.refusal(of: right, to: context.connection, authorization: authorization)
        else { return }
        var failure = APIFailure(
            refusal.asksForCredential ? .unauthorized : .forbidden,
            refusal.message(for: right)
        )
        failure.challenge = refusal.challenge
        throw failure
    }
}

extension AccessRefusal {
    /// What `WWW-Authenticate` says (RFC 6750, section 3); nil where no other token would help.
    fileprivate var challenge: String? {
        switch self {
        case .noCredential, .badCertificate: "Bearer realm=\"neoscope\""
        case .badToken: "Bearer realm=\"neoscope\", error=\"invalid_token\""
        case .wrongScope: "Bearer realm=\"neoscope\", error=\"insufficient_scope\""
        case .wrongRole: nil
        }
    }
}
