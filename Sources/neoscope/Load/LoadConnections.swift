internal import NIOCore

/// One connection to each address that the routes name, taken for one.
struct LoadConnections: LoadConnection {
    private var connections: [LoadRoute.Address: any LoadConnection] = [:]

    /// Connects; `group` lends the event loop.
    init(
        to routes: LoadRoutes,
        credentials: ClientCredentials,
        isGRPC: Bool,
        group: any EventLoopGroup
    ) async throws {
        for signal in LoadSignal.allCases {
            let address = routes[signal].address
            guard self.connections[address] == nil else { continue }
            do {
                let tls = address.isSecure ? try LoadTLS(credentials, isGRPC: isGRPC) : nil
                self.connections[address] =
                    isGRPC
                    ? try await GRPCLoadConnection(to: address, tls: tls, group: group)
                    : try await HTTPLoadConnection(to: address, tls: tls, group: group)
            } catch let failure as CommandFailure {
                await self.close()
                throw failure
            } catch {
                await self.close()
                let trouble = TLSTrouble(host: address.host, port: address.port, credentials: credentials)
                let words = await trouble.explanation(of: error, isSecure: address.isSecure)
                throw CommandFailure.runtime("cannot connect to \(address): \(words ?? "\(error)")")
            }
        }
    }

    func send(_ request: LoadRequest) async throws -> LoadOutcome {
        guard let connection = self.connections[request.route.address] else { throw LoadFailure.closed }
        return try await connection.send(request)
    }

    func close() async {
        for connection in self.connections.values { await connection.close() }
    }
}
