extension ReportScreen {
    /// Hosts side by side; nothing where there is only one, which is shown whole.
    static func hosts(_ places: [ReportAnswer.Place]) -> String {
        guard places.count > 1 else { return "" }
        var table = TextTable([
            "  host", "node", "CPU", "peak", "load", "memory", "PSI CPU", "memory", "IO", "disk", "in/s",
            "out/s",
        ])
        for place in places {
            let figures = place.figures
            let used = figures.memory.used.flatMap { used in
                figures.memory.total.map { used / max($0, 1) }
            }
            func pressure(_ resource: String) -> String { self.whole(figures.pressure[resource]?.someAvg10) }
            table.add([
                "  " + Figures.cut(figures.name, 20), Figures.cut(place.node ?? "", 12),
                self.whole(figures.cpuUtilization), self.whole(figures.cpuPeak),
                figures.load.first.flatMap { $0 }.map { Figures.decimal($0, 2) } ?? "-", self.whole(used),
                pressure("cpu"), pressure("memory"), pressure("io"),
                self.whole(figures.busiestDisk?.utilization),
                Figures.bytes(figures.network.receivedBytesPerSecond),
                Figures.bytes(figures.network.sentBytesPerSecond),
            ])
        }
        return Paint.bold("Hosts") + " means over this time\n" + table.text + "\n"
    }

    /// Nodes with load and lag, and how the partitions are covered.
    static func cluster(_ report: ReportAnswer) -> String {
        guard let cluster = report.cluster else { return "" }
        let (partitions, parameters) = (cluster.partitions, cluster.parameters)
        var text = Paint.bold("Cluster") + " \(cluster.cluster), \(parameters.replication) copies, "
        text += "\(partitions.replicated) of \(parameters.partitions) partitions replicated"
        if partitions.underReplicated > 0 {
            text += ", " + Paint.red("\(partitions.underReplicated) under-replicated")
        }
        if partitions.unavailable > 0 { text += ", " + Paint.red("\(partitions.unavailable) unavailable") }
        if cluster.owedFrames > 0 { text += ", \(cluster.owedFrames) frames owed" }
        text += "\n" + ClusterScreen.nodes(cluster.members) + "\n"
        if !cluster.agents.isEmpty { text += ClusterScreen.agents(cluster.agents) + "\n" }
        return text
    }

    static func slowOperations(_ operations: [ReportAnswer.SlowOperation]) -> String {
        guard !operations.isEmpty else { return "" }
        var table = TextTable(["  service", "operation", "p99", "slowest", "example"])
        for slow in operations.prefix(5) {
            table.add([
                "  " + Figures.cut(slow.service, 20), Figures.cut(slow.operation, 24),
                Figures.milliseconds(slow.p99Ms), Figures.milliseconds(slow.maxMs),
                slow.example?.traceId ?? "none stored",
            ])
        }
        return Paint.bold("Slowest operations") + "\n" + table.text + "\n"
    }

    /// What was not kept or not let in, with the reasons.
    static func drops(_ drops: [ReportAnswer.Drop]) -> String {
        guard !drops.isEmpty else { return "" }
        var table = TextTable(["  what", "reason", "signal", "stage", "count", "where"])
        for drop in drops.prefix(10) {
            table.add([
                "  " + drop.kind.replacing("_", with: " "), drop.reason, drop.signal ?? "", drop.stage ?? "",
                Figures.count(drop.count), drop.nodes.joined(separator: " "),
            ])
        }
        let more = drops.count > 10 ? "  and \(drops.count - 10) more\n" : ""
        return Paint.bold("Drops and refusals") + " since the processes started\n" + table.text + more + "\n"
    }

    private static func whole(_ share: Double?) -> String {
        share.map { Figures.decimal($0 * 100, 0) + " %" } ?? "-"
    }
}
