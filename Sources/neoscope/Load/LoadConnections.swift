internal import NIOCore

/// One connection to each address that the routes name, taken for one.
struct LoadConnections: LoadConnection {
    private var connections: [LoadRoute.Address: any LoadConnection] = [:]

    /// Connects; `group` lends the event loop.
    init(to routes: LoadRoutes, isGRPC: Bool, group: any EventLoopGroup) async throws {
        for signal in LoadSignal.allCases {
            let address = routes[signal].address
            guard self.connections[address] == nil else { continue }
            do {
                self.connections[address] =
                    isGRPC
                    ? try await GRPCLoadConnection(to: address, group: group)
                    : try await HTTPLoadConnection(to: address, group: group)
            } catch {
                await self.close()
                throw CommandFailure.runtime("cannot connect to \(address): \(error)")
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
