internal import HTTPTypes
internal import Hummingbird
package import Logging
internal import NIOCore
internal import ServiceLifecycle
package import Storage

/// The HTTP API of a node: native JSON, Jaeger's two dialects, metrics and health, on one port.
package struct APIServer: Service {
    private let application: Application<RouterResponder<BasicRequestContext>>

    /// - Parameters:
    ///   - host: A loopback address; the configuration refuses others until there is TLS.
    ///   - port: 0 lets the system choose; `onRunning` hears the real one.
    package init(
        host: String,
        port: Int,
        reader: any TelemetryReader,
        status: any NodeStatus,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: HostCheck())
        router.add(middleware: ErrorBodies())
        HealthRoutes(status: status).add(to: router)
        MetricsRoute(reader: reader, status: status).add(to: router)
        NativeRoutes(reader: reader, status: status).add(to: router)
        JaegerRoutes(reader: reader).add(to: router)
        JaegerV3Routes(reader: reader).add(to: router)
        self.application = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: "neoscope"
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
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
