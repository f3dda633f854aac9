internal import Access
internal import HTTPTypes
internal import Hummingbird

/// Turns away requests that a web page made a browser send to this machine (DNS rebinding): the Host must be a
/// loopback name, or one of the certificate's, and the Origin, where there is one, this server's own (RFC 6454).
struct HostCheck: RouterMiddleware {
    /// Nil where only this machine is served.
    let tls: DoorTLS?

    @concurrent func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let host = request.head.authority ?? ""
        guard self.isOurs(host) else {
            throw APIFailure(.forbidden, "the Host header \"\(host)\" is not \(self.expected)")
        }
        if let origin = request.headers[.origin], !Self.isOwn(origin, host: host, isSecure: self.tls != nil) {
            throw APIFailure(.forbidden, "the Origin header \"\(origin)\" is not this server's own")
        }
        return try await next(request, context)
    }

    /// Whether a page of this very server asks: neither `null`, which a page in a sandbox sends, nor another port of this
    /// machine.
    static func isOwn(_ origin: String, host: String, isSecure: Bool) -> Bool {
        origin.lowercased() == ((isSecure ? "https://" : "http://") + host).lowercased()
    }

    private var expected: String {
        self.tls == nil ? "a loopback name" : "a loopback name or one of the certificate's"
    }

    private func isOurs(_ authority: String) -> Bool {
        if Self.isLoopback(authority) { return true }
        guard let tls = self.tls, let name = Self.name(authority) else { return false }
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        return tls.isNamed(String(isBracketed ? name.dropFirst().dropLast() : name))
    }

    /// The name of an authority, without its port; nil where what follows the colon is none.
    private static func name(_ authority: String) -> Substring? {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else {
            return authority[...]
        }
        let port = authority[authority.index(after: colon)...]
        return port.utf8.allSatisfy { (0x30...0x39).contains($0) } ? authority[..<colon] : nil
    }

    /// Whether an authority, a name and perhaps a port, is this machine's; an empty one comes from old clients only.
    static func isLoopback(_ authority: String) -> Bool {
        if authority.isEmpty { return true }
        guard let name = Self.name(authority) else { return false }
        if name == "[::1]" || name.lowercased() == "localhost" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
