internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Storage

/// Gives every failure a body that says what was wrong.
struct ErrorBodies: RouterMiddleware {
    let methods: AllowedMethods

    @concurrent func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as APIFailure {
            return failure.response(request)
        } catch let failure as UnansweredRead {
            return APIFailure(.serviceUnavailable, failure.description).response(request)
        } catch let failure as HTTPError where failure.status == .notFound {
            let allowed = self.methods.allowed(at: request.uri.path)
            guard !allowed.isEmpty else {
                return APIFailure(.notFound, "no such path: \(request.uri.path)").response(request)
            }
            var response = APIFailure(
                .methodNotAllowed,
                "expected \(allowed.joined(separator: " or ")) for \(request.uri.path), not \(request.method)"
            ).response(request)
            response.headers[.allow] = allowed.joined(separator: ", ")
            return response
        } catch let failure as any HTTPResponseError {
            return APIFailure(failure.status, "\(failure)").response(request)
        } catch {
            context.logger.error(
                "a request failed",
                metadata: ["path": "\(request.uri.path)", "reason": "\(error)"]
            )
            return APIFailure(.internalServerError, "\(error)").response(request)
        }
    }
}
