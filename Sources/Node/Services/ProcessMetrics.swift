internal import Foundation
internal import Telemetry

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
        if let seconds = self.cpuSeconds {
            families.append(OwnMetrics.one("process_cpu_seconds_total", "CPU time used.", .counter, seconds))
        }
        if let bytes = self.residentBytes {
            families.append(
                OwnMetrics.one("process_resident_memory_bytes", "Resident memory.", .gauge, bytes)
            )
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            families.append(
                OwnMetrics.one("process_open_fds", "Open file descriptors.", .gauge, Double(names.count))
            )
        }
        return families
    }

    /// CPU time used since the process started; nil where the system does not tell.
    static var cpuSeconds: Double? {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Resident memory; nil where the system does not tell.
    static var residentBytes: Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let pages = text.split(separator: " ")
        guard pages.count > 1, let resident = Double(pages[1]) else { return nil }
        return resident * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}
