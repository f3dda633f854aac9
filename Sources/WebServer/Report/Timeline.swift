internal import HostSensors
internal import Pipeline
package import Storage
internal import Telemetry

/// What happened step by step over a range: calls, errors, and how busy each host was; pure.
package struct Timeline: Sendable {
    /// One host; figures of each step, nil where nothing is known of it.
    package struct Host: Sendable {
        /// Stable.
        package var id: String
        /// For people.
        package var name: String
        /// Share of time the cores worked, 0 to 1.
        package var cpu: [Double?]
        /// Share of memory in use, 0 to 1.
        package var memory: [Double?]
        /// The highest share of time in which some task waited for a resource, 0 to 1.
        package var pressure: [Double?]
        /// The busiest disk's share of time, 0 to 1.
        package var disk: [Double?]
    }

    /// Steps of one timeline at most.
    package static let stepsMax = 61

    /// Start of the first step, nanoseconds since the Unix epoch.
    package var start: UInt64
    /// Length of a step in nanoseconds.
    package var step: UInt64
    /// Spans a second, step by step.
    package var calls: [Double]
    /// Failed spans a second, step by step.
    package var errors: [Double]
    /// By name.
    package var hosts: [Host]

    /// The metrics that a timeline is made of.
    package static let names: Set<String> = [
        MetricName.spanDuration, "system.linux.cpu.busy", "system.memory.limit",
        "system.memory.linux.available", "system.cpu.linux.pressure.10s", "system.memory.linux.pressure.10s",
        "system.io.linux.pressure.10s", "system.disk.io", "system.linux.disk.utilization",
    ]

    /// Makes a timeline of lines that a query with these steps found.
    ///
    /// - Parameters:
    ///   - lines: Of ``names``.
    ///   - from: Nanoseconds since the Unix epoch.
    ///   - to: The same; what is not closed yet is left out by the caller.
    ///   - step: As in the query; see ``step(from:to:)``.
    ///   - hosts: Those to be told of, with their names.
    package init(_ lines: [SeriesLine], from: UInt64, to: UInt64, step: UInt64, hosts: [ReportHost]) {
        let step = max(step, Window.nanoseconds)
        let start = from / step * step
        let (whole, rest) = (max(to, start) - start).quotientAndRemainder(dividingBy: step)
        let count = Int(min(whole.saturatingAdd(rest > 0 ? 1 : 0), UInt64(Self.stepsMax)))
        (self.start, self.step) = (start, step)
        let (calls, errors) = Self.counts(lines, start: start, step: step, count: count)
        // Each begins before `to`, so that none overflows.
        let starts = (0..<count).map { start + UInt64($0) * step }
        // A step that the range cuts lasted only as long as what is inside.
        let seconds = (0..<count).map { index in
            let begin = starts[index]
            let end = min(begin.saturatingAdd(step), to)
            return max(Double(end - min(max(begin, from), end)) / 1e9, 1)
        }
        self.calls = zip(calls, seconds).map { $0 / $1 }
        self.errors = zip(errors, seconds).map { $0 / $1 }
        self.hosts = hosts.map { host in
            Self.host(host, lines, starts: starts)
        }
    }

    /// The length of step that divides a range into at most ``stepsMax``, and people can read.
    package static func step(from: UInt64, to: UInt64) -> UInt64 {
        let (minute, hour): (UInt64, UInt64) = (60, 3600)
        let seconds: [UInt64] = [
            10, 20, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour,
            3 * hour, 6 * hour, 12 * hour, 24 * hour, 7 * 24 * hour,
        ]
        let range = max(to, from) - from
        // One step more may be touched at the ends.
        let fitting = seconds.first { range / ($0 * 1_000_000_000) < UInt64(Self.stepsMax - 1) }
        return fitting.map { $0 * 1_000_000_000 } ?? (range / UInt64(Self.stepsMax - 1) + 1)
    }

    private static func counts(
        _ lines: [SeriesLine],
        start: UInt64,
        step: UInt64,
        count: Int
    ) -> (calls: [Double], errors: [Double]) {
        var calls = [Double](repeating: 0, count: count)
        var errors = calls
        for line in lines where line.series.name == MetricName.spanDuration {
            guard case .service = line.series.subject else { continue }
            let isError = line.series["status.code"] == "error"
            for point in line.points {
                guard case .histogram(let histogram) = point.value, point.start >= start else { continue }
                let index = Int(clamping: (point.start - start) / step)
                guard index < count else { continue }
                calls[index] += Double(histogram.count)
                if isError { errors[index] += Double(histogram.count) }
            }
        }
        return (calls, errors)
    }

    private static func host(_ host: ReportHost, _ lines: [SeriesLine], starts: [UInt64]) -> Host {
        let own = lines.filter { $0.series.subject == .host(host.id) }
        let steps = starts.map { start -> HostFigures? in
            let there = own.compactMap { line -> SeriesLine? in
                let points = line.points.filter { $0.start == start }
                return points.isEmpty
                    ? nil
                    : SeriesLine(series: line.series, points: points, isEstimated: line.isEstimated)
            }
            return HostFigures(StoredHost(there, hostID: host.id), name: host.figures.name)
        }
        return Host(
            id: host.id,
            name: host.figures.name,
            cpu: steps.map { $0?.cpuUtilization },
            memory: steps.map { $0?.memoryShare },
            pressure: steps.map { $0?.highestPressure },
            disk: steps.map { $0?.busiestDisk?.utilization }
        )
    }
}

extension HostFigures {
    /// Share of memory in use, 0 to 1; nil where it is not known.
    package var memoryShare: Double? {
        guard let used = self.memory.used, let total = self.memory.total, total > 0 else { return nil }
        return Double(used) / Double(total)
    }

    /// The highest share of time in which some task waited for a resource; nil where none is known.
    package var highestPressure: Double? { self.pressure.compactMap(\.someAverage10).max() }
}
