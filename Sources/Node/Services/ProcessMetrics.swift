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
                families.append(
                    OwnMetrics.one("process_resident_memory_bytes", "Resident memory.", .gauge, bytes)
                )
            }
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            families.append(
                OwnMetrics.one("process_open_fds", "Open file descriptors.", .gauge, Double(names.count))
            )
        }
        return families
    }
}
