package import Storage
internal import Telemetry

/// What is stored about one host in a range of time, to be asked by metric and label.
package struct StoredHost {
    /// A label that a series must have.
    typealias Wanted = (name: String, value: String)

    private struct Line {
        var labels: [String: String]
        var value: SlotValue

        func has(_ wanted: [Wanted]) -> Bool { wanted.allSatisfy { self.labels[$0.name] == $0.value } }
    }

    private var lines: [String: [Line]] = [:]

    /// Gathers the series of a host; points of one series are taken together.
    package init(_ series: [SeriesLine], hostID: String) {
        for line in series where line.series.subject == .host(hostID) {
            guard var value = line.points.first?.value else { continue }
            for point in line.points.dropFirst() { value.merge(point.value) }
            let labels = line.series.attributes.map { ($0.name, $0.value) }
            let known = Line(labels: Dictionary(labels) { first, _ in first }, value: value)
            self.lines[line.series.name, default: []].append(known)
        }
    }

    /// Whether nothing is stored.
    var isEmpty: Bool { self.lines.isEmpty }

    /// The distinct values of a label among the series of a metric, sorted.
    func values(of label: String, in name: String) -> [String] {
        Set((self.lines[name] ?? []).compactMap { $0.labels[label] }).sorted()
    }

    /// The labels of each series of a metric.
    func labels(of name: String) -> [[String: String]] { (self.lines[name] ?? []).map(\.labels) }

    /// The labels of the series of a gauge that was read last; nil where there is none.
    func latestLabels(of name: String) -> [String: String]? {
        var latest: (time: UInt64, labels: [String: String])?
        for line in self.lines[name] ?? [] {
            guard case .gauge(let gauge) = line.value, gauge.lastTime >= latest?.time ?? 0 else { continue }
            latest = (gauge.lastTime, line.labels)
        }
        return latest?.labels
    }

    /// A gauge over the range; nil where there is none.
    func gauge(_ name: String, _ wanted: Wanted...) -> GaugeValue? { self.gauge(name, wanted) }

    /// A gauge's mean over the samples of the range; nil where there are none.
    func mean(_ name: String, _ wanted: Wanted...) -> Double? { self.gauge(name, wanted)?.mean }

    /// A counter's growth in the range over all series with the labels; nil where there are none.
    func growth(_ name: String, _ wanted: Wanted...) -> Double? { self.growth(name, wanted) }

    /// A counter's growth by the second; nil where it or the time is not known.
    func rate(_ name: String, _ wanted: Wanted...) -> Double? {
        guard let growth = self.growth(name, wanted), let seconds = self.seconds else { return nil }
        return growth / seconds
    }

    /// The time that the samples of the range saw, without that in which none were taken; nil for none.
    var seconds: Double? {
        // What a core does excludes each other and adds up to all of its time.
        let cores = self.values(of: "cpu.logical_number", in: "system.cpu.time").count
        if cores > 0, let spent = self.growth("system.cpu.time"), spent > 0 { return spent / Double(cores) }
        // The time of a cgroup is not kept by core. Each of n samples stands for the time since the one before.
        guard let uptime = self.gauge("system.uptime"), uptime.count > 1, uptime.maximum > uptime.minimum
        else { return nil }
        return (uptime.maximum - uptime.minimum) * Double(uptime.count) / Double(uptime.count - 1)
    }

    private func gauge(_ name: String, _ wanted: [Wanted]) -> GaugeValue? {
        var result: GaugeValue?
        for line in self.lines[name] ?? [] where line.has(wanted) {
            guard case .gauge(let gauge) = line.value else { continue }
            if result?.merge(gauge) == nil { result = gauge }
        }
        return result
    }

    private func growth(_ name: String, _ wanted: [Wanted]) -> Double? {
        var result: Int128?
        for line in self.lines[name] ?? [] where line.has(wanted) {
            guard case .counter(let nano) = line.value else { continue }
            result = (result ?? 0) + nano
        }
        return result.map { Double($0) / 1e9 }
    }
}
