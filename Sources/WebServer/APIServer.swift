package import Access
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import ServiceLifecycle
package import Storage

/// The HTTP API of a node: native JSON, Jaeger's two dialects, metrics and health.
///
/// What deletes or rewrites is served on a Unix socket, which the file system guards, and through TLS to operators.
package struct APIServer: Service {
    /// Where the API is served.
    package enum Place: Sendable {
        /// An address, and what guards it; without TLS it must be a loopback one. Port 0 lets the system choose.
        case port(host: String, Int, Gate)
        /// A path; reading and administration for everybody who may connect.
        case socket(String)
    }

    /// Further connections wait in the listener's backlog.
    static let connectionsMax = 512

    let application: Application<RouterResponder<APIContext>>

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
        let routes = APIRoutes(place, reader: reader, status: status)
        // Middleware concerns only the routes that come after it, and this one has to know them all.
        let known = Router(context: APIContext.self)
        routes.add(to: known)
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorBodies(methods: AllowedMethods(known.routes)))
        let address: BindAddress
        switch place {
        case .port(let host, let port, let gate):
            router.add(middleware: HostCheck(tls: gate.tls))
            address = .hostname(host, port: port)
        case .socket(let path):
            address = .unixDomainSocket(path: path)
        }
        routes.add(to: router)
        let gate = routes.gate
        self.application = Application(
            router: router,
            server: HTTPServerBuilder { responder in
                DoorChannel(
                    gate: gate,
                    inner: HTTP1Channel(
                        responder: responder,
                        configuration: .init(idleTimeout: .seconds(60))
                    )
                )
            },
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

/// All routes of a place, each behind the right that it needs.
private struct APIRoutes {
    let gate: Gate
    private let reader: (any TelemetryReader)?
    private let status: any NodeStatus
    /// Whether what deletes or rewrites is served, and whether an operator's certificate is needed for it.
    private let administration: (isServed: Bool, isGuarded: Bool)

    init(_ place: APIServer.Place, reader: (any TelemetryReader)?, status: any NodeStatus) {
        self.reader = reader
        self.status = status
        switch place {
        case .port(_, _, let gate):
            self.gate = gate
            // No credential but a certificate is enough, and without TLS nobody shows one.
            self.administration = (gate.tls != nil, true)
        case .socket:
            self.gate = .openLoopback
            self.administration = (true, false)
        }
    }

    func add(to router: Router<APIContext>) {
        HealthRoutes(status: self.status, gate: self.gate).add(to: router)
        MetricsRoute(status: self.status).add(to: router.group().add(middleware: Need(.figures, self.gate)))
        if self.administration.isServed {
            let guarded = router.group()
            if self.administration.isGuarded {
                guarded.add(middleware: Need(.administration, self.gate))
            }
            AdministrationRoutes(status: self.status).add(to: guarded)
        }
        guard let reader = self.reader else { return }
        let readers = router.group().add(middleware: Need(.reading, self.gate))
        ClusterRoutes(status: self.status).add(to: readers)
        NativeRoutes(reader: reader, status: self.status).add(to: readers)
        JaegerRoutes(reader: reader).add(to: readers)
        JaegerV3Routes(reader: reader).add(to: readers)
    }
}
