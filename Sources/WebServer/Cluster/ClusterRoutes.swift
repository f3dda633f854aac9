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

    /// Has a member hand over, or stay, or say how far it has come; only administration may.
    func give(_ order: NodeOrder, _ arguments: RequestArguments) async throws -> Response {
        let cluster = try self.cluster()
        let node = try self.member(arguments, of: cluster, among: \.isPresent)
        var writer = JSONWriter()
        writer.handover(try await cluster.order(order, of: node), of: node)
        return .json(writer.bytes)
    }

    /// Says goodbye for a member that is gone; only administration may.
    func forget(_ arguments: RequestArguments) throws -> Response {
        let cluster = try self.cluster()
        let node = try self.member(arguments, of: cluster) { $0 == .dead || $0 == .left }
        cluster.forget(node)
        return .json(Array("{\"forgotten\":\"\(node.text)\"}".utf8))
    }

    private func member(
        _ arguments: RequestArguments,
        of cluster: any ClusterStatus,
        among isWanted: (MemberStatus) -> Bool
    ) throws(APIFailure) -> NodeID {
        let text = arguments.text("node") ?? cluster.node.text
        guard let node = NodeID(text), let record = cluster.view.record(of: node) else {
            let known = cluster.view.records.map(\.node.text).joined(separator: ", ")
            throw APIFailure(.badRequest, "expected node to be one of \(known), not \"\(text)\"")
        }
        guard isWanted(record.status) else {
            throw APIFailure(.conflict, "\(node) is \(record.status), which this is not for")
        }
        return node
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
