internal import Hummingbird
internal import HummingbirdCore
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

    /// Further connections wait in the listener's backlog.
    static let connectionsMax = 512

    let application: Application<RouterResponder<BasicRequestContext>>

    /// Makes a server that does not listen yet.
    ///
    /// Without a reader, as on an agent, it serves health and metrics alone. `onRunning` hears the real port once requests are answered; 0 for a socket.
    package init(
        at place: Place,
        reader: (any TelemetryReader)?,
        status: any NodeStatus,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        func addRoutes(to router: Router<BasicRequestContext>) {
            if case .socket = place { AdministrationRoutes(status: status).add(to: router) }
            HealthRoutes(status: status).add(to: router)
            MetricsRoute(status: status).add(to: router)
            guard let reader else { return }
            ClusterRoutes(status: status).add(to: router)
            NativeRoutes(reader: reader, status: status).add(to: router)
            JaegerRoutes(reader: reader).add(to: router)
            JaegerV3Routes(reader: reader).add(to: router)
        }
        // Middleware concerns only the routes that come after it, and this one has to know them all.
        let known = Router(context: BasicRequestContext.self)
        addRoutes(to: known)
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorBodies(methods: AllowedMethods(known.routes)))
        let address: BindAddress
        switch place {
        case .port(let host, let port):
            router.add(middleware: HostCheck())
            address = .hostname(host, port: port)
        case .socket(let path):
            address = .unixDomainSocket(path: path)
        }
        addRoutes(to: router)
        self.application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: address,
                serverName: "neoscope",
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMax, logger: logger)
            ),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) },
            logger: logger
        )
    }

    /// Serves until a graceful shutdown.
    package func run() async throws { try await self.application.run() }
}
