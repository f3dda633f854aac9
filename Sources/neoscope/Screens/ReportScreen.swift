/// The report as text for people.
enum ReportScreen {
    static func render(_ report: ReportAnswer) -> String {
        var text = "Neoscope \(report.answeredBy.version) on \(report.answeredBy.hostName)"
        text += "   \(Paint.status(report.health.status)) (score \(report.health.score))\n"
        for line in report.health.details.failing { text += "  \(line)\n" }
        text += "\(report.from) to \(report.to)\n\n"
        text += ClusterScreen.missing(report.missingNodes)
        if let host = report.host {
            text += self.host(host) + "\n"
        } else if report.hosts.isEmpty {
            text += "Host  no figures of this time\n\n"
        }
        text += self.hosts(report.hosts)
        text += self.cluster(report)
        text += self.operations(report)
        text += self.slowOperations(report.slowestOperations)
        text += self.agents(report)
        if !report.slowestTraces.isEmpty {
            text += Paint.bold("Slowest traces") + "\n"
            text += TraceScreen.table(Array(report.slowestTraces.prefix(5))) + "\n"
        }
        text += self.drops(report.drops)
        return text
    }

    private static func host(_ host: ReportAnswer.Host) -> String {
        var text = Paint.bold("Host") + "  "
        text +=
            host.live
            ? "\(host.distribution ?? "-"), Linux \(host.kernel ?? "-"), up \(Figures.duration(host.uptimeSeconds))\n"
            : "means over this time\n"
        let load = host.load.map { $0.map { Figures.decimal($0, 2) } ?? "-" }.joined(separator: " ")
        text += "  CPU      \(Bar.draw(host.cpuUtilization)) \(Figures.percent(host.cpuUtilization)) of "
        text +=
            "\(host.cores.map { Figures.decimal($0, $0.rounded() == $0 ? 0 : 1) } ?? "?") cores, load \(load)\n"
        let used = host.memory.used.flatMap { used in host.memory.total.map { used / max($0, 1) } }
        text +=
            "  Memory   \(Bar.draw(used)) \(Figures.percent(used)), \(Figures.bytes(host.memory.used)) of "
        text += "\(Figures.bytes(host.memory.total)), swap \(Figures.bytes(host.memory.swapUsed))\n"
        if let disk = host.busiestDisk {
            text +=
                "  Disk     \(Bar.draw(disk.utilization)) \(Figures.percent(disk.utilization)) busy (\(disk.name)), "
            text +=
                "read \(Figures.bytes(disk.readBytesPerSecond))/s, written \(Figures.bytes(disk.writtenBytesPerSecond))/s, "
            text += "await \(Figures.milliseconds(disk.awaitSeconds.map { $0 * 1000 }))\n"
        }
        if let filesystem = host.fullestFilesystem {
            text +=
                "  Space    \(Bar.draw(filesystem.usedShare)) \(Figures.percent(filesystem.usedShare)) of "
            text += "\(filesystem.mountPoint), \(Figures.bytes(filesystem.availableBytes)) free\n"
        }
        text += "  Network  in \(Figures.bytes(host.network.receivedBytesPerSecond))/s, "
        text += "out \(Figures.bytes(host.network.sentBytesPerSecond))/s, "
        text += "retransmitted \(Figures.percent(host.network.retransmitRatio))\n"
        let pressures = host.pressure.sorted { $0.key < $1.key }.map { name, value in
            "\(name) some \(Figures.percent(value.someAvg10)) full \(Figures.percent(value.fullAvg10))"
        }
        if !pressures.isEmpty { text += "  Pressure \(pressures.joined(separator: ", "))\n" }
        var table = TextTable(["  pid", "process", "CPU", "memory"])
        for process in (host.topCpu ?? []).prefix(5) {
            table.add([
                "  \(process.pid)", process.name, Figures.percent(process.cpuCores),
                Figures.bytes(process.residentBytes),
            ])
        }
        if !table.isEmpty { text += "\n" + table.text }
        if !host.live { text += "  Processes are shown only for a time that ends now.\n" }
        return text
    }

    private static func operations(_ report: ReportAnswer) -> String {
        guard !report.operations.isEmpty else {
            return
                "No spans in this time. Send OTLP to http://127.0.0.1:4318 (HTTP) or http://127.0.0.1:4317 (gRPC).\n\n"
        }
        var table = TextTable([
            "  service", "operation", "kind", "calls", "per s", "errors", "p50", "p95", "p99", "total",
        ])
        for line in report.operations.prefix(15) {
            table.add([
                "  " + line.service, Figures.cut(line.operation ?? "", 24), line.kind ?? "",
                String(line.count),
                Figures.rate(line.ratePerSecond), Figures.percent(line.errorRatio),
                Figures.milliseconds(line.p50Ms), Figures.milliseconds(line.p95Ms),
                Figures.milliseconds(line.p99Ms), Figures.milliseconds(line.totalMs),
            ])
        }
        let more = report.operations.count > 15 ? "  and \(report.operations.count - 15) more\n" : ""
        return Paint.bold("Operations") + " by time spent\n" + table.text + more + "\n"
    }

    private static func agents(_ report: ReportAnswer) -> String {
        var text = ""
        var models = TextTable(["  model", "calls", "errors", "tokens in", "out", "cached", "p95", "cost"])
        for (model, lines) in self.groups(report.models, by: "gen_ai.request.model").prefix(8) {
            let told = lines.filter { $0.metric.hasSuffix("operation.duration") }
            // What a client measures itself counts where its spans do not tell the same calls.
            let spans = told.filter { $0.labels["status.code"] != nil }
            let calls = spans.isEmpty ? told : spans
            let count = calls.reduce(0) { $0 + ($1.count ?? 0) }
            let errors = calls.filter(\.isError).reduce(0) { $0 + ($1.count ?? 0) }
            func tokens(_ type: String) -> String {
                Figures.count(
                    lines.filter { $0.labels["gen_ai.token.type"] == type }.reduce(0) { $0 + ($1.sum ?? 0) }
                )
            }
            let costs = lines.filter { $0.metric.hasSuffix(".cost") }.compactMap(\.sum)
            models.add([
                "  " + model, Figures.count(count), Figures.percent(count > 0 ? errors / count : nil),
                tokens("input"),
                tokens("output"), tokens("cache_read"),
                Figures.milliseconds(calls.compactMap(\.p95).max().map { $0 * 1000 }),
                costs.isEmpty ? "-" : "$" + Figures.decimal(costs.reduce(0, +), 4),
            ])
        }
        if !models.isEmpty { text += Paint.bold("Models") + "\n" + models.text + "\n" }
        let byTool = report.tools.filter { $0.labels["gen_ai.tool.name"] != nil }
        var tools = self.groups(byTool, by: "gen_ai.tool.name") + self.groups(report.skills, by: "skill.name")
        // What a client measures itself, and names in its own way, is told where its spans do not tell the same.
        let known = Set(tools.map(\.name))
        let measured = report.tools.filter { $0.labels["gen_ai.tool.name"] == nil }
        tools += self.groups(measured, by: "skill_name").filter { !known.contains($0.name) }
        var table = TextTable(["  tool or skill", "calls", "errors", "mean", "p95", "total"])
        let sorted = tools.sorted { self.total($0.lines) > self.total($1.lines) }
        for (name, lines) in sorted.prefix(8) {
            let count = lines.reduce(0) { $0 + ($1.count ?? 0) }
            let errors = lines.filter(\.isError).reduce(0) { $0 + ($1.count ?? 0) }
            let total = self.total(lines)
            table.add([
                "  " + name, Figures.count(count), Figures.percent(count > 0 ? errors / count : nil),
                Figures.milliseconds(count > 0 ? total / count * 1000 : nil),
                Figures.milliseconds(lines.compactMap(\.p95).max().map { $0 * 1000 }),
                Figures.milliseconds(total * 1000),
            ])
        }
        if !table.isEmpty {
            text += Paint.bold("Tools and skills") + " by time spent\n" + table.text
            text += sorted.count > 8 ? "  and \(sorted.count - 8) more\n\n" : "\n"
        }
        return text
    }

    /// Lines under the name that a label gives them, sorted by name.
    private static func groups(
        _ lines: [ReportAnswer.AgentLine],
        by label: String
    ) -> [(name: String, lines: [ReportAnswer.AgentLine])] {
        Dictionary(grouping: lines) { $0.labels[label] ?? "?" }.sorted { $0.key < $1.key }.map {
            ($0.key, $0.value)
        }
    }

    private static func total(_ lines: [ReportAnswer.AgentLine]) -> Double {
        lines.reduce(0) { $0 + ($1.sum ?? 0) }
    }
}
