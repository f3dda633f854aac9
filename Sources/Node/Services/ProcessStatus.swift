internal import DiskStorage
internal import Foundation
internal import HostSensors
internal import OTLPTransport
internal import Pipeline
internal import Telemetry
internal import WebServer

/// What the process says about itself.
struct ProcessStatus: NodeStatus {
    let identity: NodeIdentity
    let clock: ClusterClock
    let store: SegmentStore
    let server: OTLPServer
    let sensors: SensorService?
    let totals: RunningTotals

    func now() -> ClusterTime { self.clock.now() }

    func host() async -> HostSummary? { self.sensors?.summary }

    func families() async -> [MetricFamily] {
        let edge = self.server.accounts
        var families = OwnMetrics.accounts(edge, self.store.accounts)
        families += OwnMetrics.ingest(edge, self.server.gauge)
        families += OwnMetrics.storage(self.store.counters)
        families += ProcessMetrics.families(version: self.identity.version)
        families += SeriesExposition.families(self.totals.services)
        if let reading = self.sensors?.latest { families += NodeExposition.families(of: reading) }
        return families
    }

    func components() async -> [ComponentHealth] {
        let counters = self.store.counters
        let isDiskLow = self.store.isDiskLow
        var components = [
            ComponentHealth(
                "disk",
                isDiskLow ? .unhealthy : .healthy,
                detail: isDiskLow ? "less free than storage.low_disk_bytes; telemetry is refused" : "",
                isNeededForReadiness: true
            ),
            ComponentHealth(
                "storage",
                counters.damagedBytes + counters.damagedFrames > 0 || counters.failedCommits > 0 ? .degraded : .healthy,
                detail: Self.storageDetail(counters)
            ),
            ComponentHealth("otlp", .healthy, isNeededForReadiness: true),
        ]
        if let sensors = self.sensors {
            components.append(
                ComponentHealth(
                    "sensors",
                    sensors.sampleCount > 0 ? .healthy : .degraded,
                    detail: sensors.sampleCount > 0 ? "" : "no sample yet"
                )
            )
        }
        return components
    }

    func purge(_ purge: Purge) async throws -> UInt64 {
        switch purge {
        case .before(let time): try await self.store.purge(before: time)
        case .trace(let id): try await self.store.purge(trace: id)
        }
    }

    func seal() async { await self.store.seal() }

    func merge() async { await self.store.mergeAll() }

    private static func storageDetail(_ counters: StoreCounters) -> String {
        var parts: [String] = []
        if counters.damagedBytes > 0 { parts.append("\(counters.damagedBytes) damaged bytes were set aside") }
        if counters.damagedFrames > 0 { parts.append("\(counters.damagedFrames) frames could not be read") }
        if counters.failedCommits > 0 { parts.append("\(counters.failedCommits) commits failed") }
        return parts.joined(separator: "; ")
    }
}

/// What the process uses, as `process_*` of Prometheus's client libraries.
enum ProcessMetrics {
    static func families(version: String) -> [MetricFamily] {
        var families = [
            MetricFamily(
                "neoscope_build_info",
                help: "The running version.",
                kind: .gauge,
                readings: [MetricReading(1, labels: [MetricLabel("version", version)])]
            )
        ]
        var usage = rusage()
        if unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds =
                Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
            families.append(OwnMetrics.one("process_cpu_seconds_total", "CPU time used.", .counter, seconds))
        }
        if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) {
            let pages = text.split(separator: " ")
            if pages.count > 1, let resident = Double(pages[1]) {
                let bytes = resident * Double(sysconf(Int32(_SC_PAGESIZE)))
                families.append(OwnMetrics.one("process_resident_memory_bytes", "Resident memory.", .gauge, bytes))
            }
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            families.append(OwnMetrics.one("process_open_fds", "Open file descriptors.", .gauge, Double(names.count)))
        }
        return families
    }
}
