internal import HTTPTypes
internal import Hummingbird
package import Logging
internal import NIOCore
internal import ServiceLifecycle
package import Storage

/// The HTTP API of a node: native JSON, Jaeger's two dialects, metrics and health.
///
/// On a loopback port it only reads; what deletes or rewrites is served on a Unix socket, which the file system guards.
package struct APIServer: Service {
    /// Where the API is served.
    package enum Place: Sendable {
        /// A loopback address; the configuration refuses others until there is TLS. Port 0 lets the system choose.
        case port(host: String, Int)
        /// A path; reading and administration.
        case socket(String)
    }

    private let application: Application<RouterResponder<BasicRequestContext>>

    /// - Parameter onRunning: Hears the real port once requests are answered; 0 for a socket.
    package init(
        at place: Place,
        reader: any TelemetryReader,
        status: any NodeStatus,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ErrorBodies())
        let address: BindAddress
        switch place {
        case .port(let host, let port):
            router.add(middleware: HostCheck())
            address = .hostname(host, port: port)
        case .socket(let path):
            AdministrationRoutes(status: status).add(to: router)
            address = .unixDomainSocket(path: path)
        }
        HealthRoutes(status: status).add(to: router)
        MetricsRoute(reader: reader, status: status).add(to: router)
        NativeRoutes(reader: reader, status: status).add(to: router)
        JaegerRoutes(reader: reader).add(to: router)
        JaegerV3Routes(reader: reader).add(to: router)
        self.application = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: address,
                serverName: "neoscope"
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) },
            logger: logger
        )
    }

    package func run() async throws { try await self.application.run() }
}

/// Turns away requests that a web page made a browser send to this machine (DNS rebinding): the Host must be a
/// loopback name, and so must be the Origin where there is one.
private struct HostCheck: RouterMiddleware {
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
            let name = origin.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
            guard Self.isLoopback(name) else {
                throw APIFailure(.forbidden, "the Origin header \"\(origin)\" is not a loopback name")
            }
        }
        return try await next(request, context)
    }

    private static func isLoopback(_ authority: String) -> Bool {
        if authority.isEmpty || authority.hasPrefix("[::1]") { return true }
        let name = authority.split(separator: ":").first.map(String.init) ?? ""
        return name == "localhost" || name.hasPrefix("127.") && name.split(separator: ".").count == 4
            && name.allSatisfy { $0.isNumber || $0 == "." }
    }
}

/// Gives every failure a body that says what was wrong.
private struct ErrorBodies: RouterMiddleware {
    @concurrent func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: @concurrent (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let failure as APIFailure {
            return failure.response(request)
        } catch let failure as HTTPError where failure.status == .notFound {
            return APIFailure(.notFound, "no such path: \(request.uri.path)").response(request)
        } catch let failure as any HTTPResponseError {
            return APIFailure(failure.status, "\(failure)").response(request)
        } catch {
            context.logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "reason": "\(error)"])
            return APIFailure(.internalServerError, "\(error)").response(request)
        }
    }
}
