internal import Cluster
internal import HTTPTypes
internal import Hummingbird
internal import OTLP
internal import Storage
internal import Telemetry

/// What deletes or rewrites stored telemetry, and what changes the whole cluster; served on the Unix socket, and through TLS to operators.
struct AdministrationRoutes {
    let status: any NodeStatus

    func add(to router: some RouterMethods<APIContext>) {
        router.post("api/v1/purge") { request, _ in try await self.purge(RequestArguments(request)) }
        router.post("api/v1/seal") { _, _ in
            await self.status.seal()
            return Response.json(Array("{\"sealed\":true}".utf8))
        }
        router.post("api/v1/merge") { _, _ in
            await self.status.merge()
            return Response.json(Array("{\"merged\":true}".utf8))
        }
        router.post("api/v1/scrub") { _, _ in await self.scrub() }
        BackupRoutes(status: self.status).add(to: router)
        for (path, order) in [("drain", NodeOrder.drain), ("rejoin", .rejoin)] {
            router.post("api/v1/cluster/\(path)") { request, _ in
                try await ClusterRoutes(status: self.status).give(order, RequestArguments(request))
            }
        }
        router.get("api/v1/cluster/drain") { request, _ in
            try await ClusterRoutes(status: self.status).give(.progress, RequestArguments(request))
        }
        router.post("api/v1/cluster/forget") { request, _ in
            try ClusterRoutes(status: self.status).forget(RequestArguments(request))
        }
        router.post("api/v1/cluster/parameters") { request, _ in
            try await ClusterRoutes(status: self.status).place(RequestArguments(request))
        }
    }

    private func scrub() async -> Response {
        let found = await self.status.scrub()
        var writer = JSONWriter()
        writer.object { body in
            for (name, count) in [
                ("read_bytes", found.bytes), ("damaged_frames", found.damagedFrames),
                ("damaged_chunks", found.damagedChunks), ("damaged_items", found.damagedItems),
                ("mended_segments", found.mendedSegments), ("failures", found.failures),
            ] {
                body.key(name)
                body.integer(count)
            }
        }
        return .json(writer.bytes)
    }

    private func purge(_ arguments: RequestArguments) async throws -> Response {
        let purge: Purge
        if let text = arguments.text("trace") {
            guard let id = TraceID(hex: text) else {
                throw APIFailure(.badRequest, "expected trace to be 32 hexadecimal digits, not \"\(text)\"")
            }
            purge = .trace(id)
        } else if let time = try arguments.time("before", now: self.status.now()) {
            purge = .before(ClusterTime(nanoseconds: time))
        } else {
            throw APIFailure(.badRequest, "expected the parameter trace or before")
        }
        let outcome = try await self.status.purge(purge)
        var writer = JSONWriter()
        writer.object { body in
            body.key("purged_items")
            body.integer(outcome.items)
            body.member("missing_nodes", outcome.missing)
        }
        return .json(writer.bytes)
    }
}
