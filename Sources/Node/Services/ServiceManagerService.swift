internal import ServiceLifecycle
internal import WebServer

/// Keeps the service manager informed until the process is asked to end: signs of life while all parts of the process answer,
/// and one line about its health.
struct ServiceManagerService: Service {
    let manager: ServiceManager
    let pulse: Pulse
    let ending: EndingService
    let status: any NodeStatus

    /// Time between two looks at the health where nobody watches.
    private static let pause = Duration.seconds(10)

    /// Runs until a graceful shutdown.
    func run() async throws {
        // Half of what the manager grants, as sd_watchdog_enabled(3) advises.
        let pause = self.manager.watchdog.map { min($0 / 2, Self.pause) } ?? Self.pause
        var told = ""
        while !Task.isShuttingDownGracefully, !Task.isCancelled, !self.ending.isEnding {
            if self.manager.watchdog != nil { self.pulse.ask { [manager] in manager.tell(.alive) } }
            let text = Self.text(await self.status.components())
            if text != told { self.manager.tell(.status(text)) }
            told = text
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: pause) }
        }
        // Said where a part failed, and again after a signal. From here on the manager waits as long as TimeoutStopSec.
        self.manager.tell(.stopping)
        try? await gracefulShutdown()
    }

    /// The health of a process in a line.
    static func text(_ components: [ComponentHealth]) -> String {
        let troubled = components.filter { $0.state != .healthy }
        guard !troubled.isEmpty else { return "healthy" }
        return troubled.map { component in
            let detail = component.detail.isEmpty ? "" : " (\(component.detail))"
            return "\(component.name) \(component.state.rawValue)\(detail)"
        }.joined(separator: "; ")
    }
}
