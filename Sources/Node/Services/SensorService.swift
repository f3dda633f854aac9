package import HostSensors
internal import Logging
internal import OTLPTransport
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry
internal import WebServer

/// Samples the host at a steady pace and keeps the two latest readings.
package final class SensorService: Service {
    private struct State: Sendable {
        var latest: HostReading?
        var previous: HostReading?
        var samples: UInt64 = 0
        var lastSample: ContinuousClock.Instant?
    }

    private let options: HostSensorOptions
    private let interval: Duration
    private let hostID: String
    private let hostName: String
    private let clock: ClusterClock
    private let logger: Logger
    private let deliver: @Sendable ([(series: Series, value: SlotValue)]) -> Void
    private let state = Mutex(State())

    /// Makes a service that has not sampled yet; `deliver` takes each sample's values for the open window.
    init(
        options: HostSensorOptions,
        interval: Duration,
        hostID: String,
        hostName: String,
        clock: ClusterClock,
        logger: Logger,
        deliver: @escaping @Sendable ([(series: Series, value: SlotValue)]) -> Void
    ) {
        self.options = options
        self.interval = interval
        self.hostID = hostID
        self.hostName = hostName
        self.clock = clock
        self.logger = logger
        self.deliver = deliver
    }

    /// The latest reading; nil before the first.
    package var latest: HostReading? { self.state.withLock { $0.latest } }

    /// Samples taken since the start.
    package var sampleCount: UInt64 { self.state.withLock { $0.samples } }

    /// Whether the last sample is no older than three intervals.
    package var isOnTime: Bool {
        self.state.withLock { state in
            state.lastSample.map { $0.duration(to: .now) < self.interval * 3 + .seconds(1) } ?? false
        }
    }

    /// The latest reading with rates against the one before; nil before the second.
    package var summary: HostSummary? {
        self.state.withLock { state in
            guard let latest = state.latest, let previous = state.previous else { return nil }
            return HostSummary(of: latest, since: previous)
        }
    }

    /// Its line in `/healthz`.
    var health: ComponentHealth {
        ComponentHealth(
            "sensors",
            self.isOnTime ? .healthy : .degraded,
            detail: self.isOnTime ? "" : self.sampleCount > 0 ? "the last sample is late" : "no sample yet"
        )
    }

    /// Samples until a graceful shutdown.
    package func run() async throws {
        var sampler = HostSampler(options: self.options)
        var window = HostWindow(hostID: self.hostID)
        if !sampler.cgroupExists {
            self.logger.warning(
                "the cgroup to report does not exist",
                metadata: ["cgroup": "\(self.options.cgroup ?? "")"]
            )
        }
        var next = ContinuousClock.now
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let reading = sampler.sample(at: HostSampler.now())
            let previous = self.state.withLock { state in
                state.previous = state.latest
                state.latest = reading
                state.samples += 1
                state.lastSample = .now
                return state.previous
            }
            let rates = previous.flatMap { HostRates(from: $0, to: reading) }
            let metrics =
                HostMetrics.metrics(of: reading, rates: rates)
                + [HostInfo.metric(of: reading, hostName: self.hostName)]
            self.deliver(window.values(of: metrics, at: self.clock.now()))
            // Rates need two samples: the second comes soon, so that a host is known a moment after the start.
            next += previous == nil ? min(self.interval, .seconds(1)) : self.interval
            // After a pause of the machine the missed samples are not made up for.
            if next < .now { next = .now + self.interval }
            let wake = next
            await cancelWhenGracefulShutdown { try? await Task.sleep(until: wake, clock: .continuous) }
        }
    }
}
