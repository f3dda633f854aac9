internal import HTTPTypes
internal import Hummingbird

/// Turns away requests that a web page made a browser send to this machine (DNS rebinding): the Host must be a
/// loopback name, and so must be the Origin where there is one.
struct HostCheck: RouterMiddleware {
    @concurrent func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        let host = request.head.authority ?? ""
        guard Self.isLoopback(host) else {
            throw APIFailure(.forbidden, "the Host header \"\(host)\" is not a loopback name")
        }
        if let origin = request.headers[.origin], origin != "null" {
            guard let scheme = origin.firstRange(of: "://"),
                Self.isLoopback(String(origin[scheme.upperBound...]))
            else {
                throw APIFailure(.forbidden, "the Origin header \"\(origin)\" is not a loopback name")
            }
        }
        return try await next(request, context)
    }

    /// Whether an authority, a name and perhaps a port, is this machine's; an empty one comes from old clients only.
    static func isLoopback(_ authority: String) -> Bool {
        if authority.isEmpty { return true }
        var name = authority[...]
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            guard authority[authority.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else {
                return false
            }
            name = authority[..<colon]
        }
        if name == "[::1]" || name.lowercased() == "localhost" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
