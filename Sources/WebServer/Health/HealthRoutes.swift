internal import Access
internal import Hummingbird
internal import OTLP

/// `/livez`, `/readyz`, `/healthz` and the aliases that Prometheus's world expects; they tell the truth.
///
/// Anybody may ask; details are for those who may see the process's figures.
struct HealthRoutes {
    let status: any NodeStatus
    let gate: Gate

    func add(to router: some RouterMethods<APIContext>) {
        router.get("livez") { _, _ in Response.text("ok\n") }
        router.get("-/healthy") { _, _ in Response.text("ok\n") }
        for path in ["readyz", "-/ready"] as [RouterPath] {
            router.get(path) { _, _ in await self.readiness() }
        }
        router.get("healthz") { request, context in
            let isVerbose = RequestArguments(request).isPresent("verbose")
            // The state of each part is more than anybody needs to know.
            if isVerbose { try self.gate.demand(.figures, request, context) }
            return await self.health(isVerbose: isVerbose)
        }
    }

    private func readiness() async -> Response {
        let blocking = await self.status.components().filter {
            $0.isNeededForReadiness && $0.state == .unhealthy
        }
        guard !blocking.isEmpty else { return .text("ok\n") }
        let lines = blocking.map { "\($0.name): \($0.detail)\n" }.joined()
        return .text(lines, .serviceUnavailable)
    }

    private func health(isVerbose: Bool) async -> Response {
        let components = await self.status.components()
        let worst: ComponentHealth.State =
            components.contains { $0.state == .unhealthy }
            ? .unhealthy : components.contains { $0.state == .degraded } ? .degraded : .healthy
        guard isVerbose else {
            return .text(worst.rawValue + "\n", worst == .unhealthy ? .serviceUnavailable : .ok)
        }
        var writer = JSONWriter()
        writer.object { body in
            body.member("status", worst.rawValue)
            body.key("components")
            body.array(of: components) { list, component in
                list.object { line in
                    line.member("name", component.name)
                    line.member("status", component.state.rawValue)
                    line.member("detail", component.detail)
                    line.member("needed_for_readiness", component.isNeededForReadiness)
                }
            }
        }
        return .json(writer.bytes, worst == .unhealthy ? .serviceUnavailable : .ok)
    }
}
