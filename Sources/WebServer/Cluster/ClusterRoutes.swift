internal import Cluster
internal import HTTPTypes
internal import Hummingbird
internal import OTLP
internal import Telemetry

/// The cluster under `/api/v1/cluster`; a process without one answers 404 and says so.
struct ClusterRoutes {
    let status: any NodeStatus

    func add(to router: some RouterMethods<APIContext>) {
        router.get("api/v1/cluster") { _, _ in
            let picture = await ClusterPicture(of: try self.cluster())
            var writer = JSONWriter()
            writer.clusterSummary(picture)
            return Response.json(writer.bytes)
        }
        router.get("api/v1/cluster/members") { _, _ in
            let picture = await ClusterPicture(of: try self.cluster())
            var writer = JSONWriter(capacityBytes: 4096)
            writer.clusterMembers(picture, now: self.status.now())
            return Response.json(writer.bytes)
        }
        router.get("api/v1/cluster/parameters") { _, _ in
            Self.answer(try self.cluster().view.parameters)
        }
        router.get("api/v1/cluster/verify") { request, _ in
            let cluster = try self.cluster()
            let isYoungIncluded = try RequestArguments(request).flag("young")
            let verification = await cluster.verify(isYoungIncluded: isYoungIncluded)
            var writer = JSONWriter(capacityBytes: 4096)
            writer.verification(verification, answeredBy: cluster.node)
            return Response.json(writer.bytes)
        }
        router.get("api/v1/cluster/placement/:id") { _, context in
            try await self.placement(try context.text("id"))
        }
    }

    /// Changes what the cluster places by; only administration may.
    func place(_ arguments: RequestArguments) async throws -> Response {
        let cluster = try self.cluster()
        let replication = try Self.number(arguments, "replication")
        let confirmations = try Self.number(arguments, "confirmations")
        guard replication != nil || confirmations != nil else {
            throw APIFailure(.badRequest, "expected the parameter replication or confirmations")
        }
        let placed = try await cluster.place(replication: replication, confirmations: confirmations)
        guard let placed else {
            throw APIFailure(
                .badRequest,
                "expected replication from 1 to 5, and confirmations from 1 to replication; the cluster places by "
                    + "\(cluster.view.parameters)"
            )
        }
        return Self.answer(placed)
    }

    private static func number(_ arguments: RequestArguments, _ name: String) throws(APIFailure) -> Int? {
        arguments.isPresent(name) ? try arguments.count(name, 0, in: 1...5) : nil
    }

    private static func answer(_ parameters: PlacementParameters) -> Response {
        var writer = JSONWriter()
        writer.parameters(parameters)
        return .json(writer.bytes)
    }

    private func placement(_ text: String) async throws -> Response {
        let cluster = try self.cluster()
        guard let id = TraceID(hex: text) else {
            throw APIFailure(.badRequest, "expected a trace id of 32 hexadecimal digits, not \"\(text)\"")
        }
        let chunks = await cluster.chunks(of: id)
        var writer = JSONWriter()
        writer.placement(TracePlacement(of: id, view: cluster.view, chunks: chunks))
        return .json(writer.bytes)
    }

    private func cluster() throws(APIFailure) -> any ClusterStatus {
        guard let cluster = self.status.clusterStatus else {
            throw APIFailure(
                .notFound,
                "this process runs alone and has no cluster (neoscope up); ask a neoscope collector"
            )
        }
        return cluster
    }
}
