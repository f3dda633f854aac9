internal import HostSensors
internal import Telemetry

extension ReportPage {
    /// Hosts that are drawn; the table has all.
    private static let hostsDrawn = 24

    /// How busy each host was, side by side.
    var hosts: Markup {
        guard !self.report.hosts.isEmpty else { return "" }
        return "<h2>Hosts</h2>\n\(self.saturation)\(self.hostTable.markup)"
    }

    private var saturation: Markup {
        guard let timeline = self.report.timeline, !timeline.calls.isEmpty else { return "" }
        let busiest = zip(timeline.hosts, self.report.hosts).filter { $0.id == $1.id }.sorted {
            ($1.1.figures.cpuUtilization ?? 0, $0.1.id) < ($0.1.figures.cpuUtilization ?? 0, $1.1.id)
        }
        let drawn = busiest.prefix(Self.hostsDrawn).sorted { ($0.0.name, $0.0.id) < ($1.0.name, $1.0.id) }
        let rows = drawn.map { host, means -> Markup in
            let cells = [
                ("CPU", host.cpu, means.figures.cpuUtilization),
                ("memory", host.memory, means.figures.memoryShare),
                ("pressure", host.pressure, means.figures.highestPressure),
                ("disk", host.disk, means.figures.busiestDisk?.utilization),
            ].map { name, values, mean -> Markup in
                let chart = SparkChart(name: "\(host.name), \(name)", values: values)
                return "<td><strong>\(PageNumbers.percent(mean))</strong>\(chart.markup)</td>"
            }
            return "<tr><th scope=\"row\">\(host.name)</th>\(cells)</tr>\n"
        }
        let left: Markup =
            busiest.count > Self.hostsDrawn ? "; the \(Self.hostsDrawn) busiest of \(busiest.count)" : ""
        return """
            <div class="wide" tabindex="0" role="region" aria-label="Saturation of hosts"><table class="spark">
            <caption>Means, and shares of time from 0 to 100 % in steps of \
            \(PageNumbers.duration(Double(timeline.step) / 1e9))\(left)</caption>
            <thead><tr><th scope="col">host</th><th scope="col">CPU at work</th><th scope="col">memory in use</th>\
            <th scope="col">tasks waiting (PSI, worst)</th><th scope="col">disk busy</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>

            """
    }

    private var hostTable: PageTable {
        var table = PageTable(
            "Means over the time of the report; pressure is the share of time in which some task waited",
            [
                .text("host"), .text("node"), .number("cores"), .number("CPU"), .number("peak"),
                .number("load 1 m"), .number("memory"), .number("of"), .number("PSI CPU"),
                .number("PSI memory"), .number("PSI IO"), .number("disk busy"), .number("fullest disk"),
                .number("net in"), .number("net out"),
            ]
        )
        for host in self.report.hosts {
            let figures = host.figures
            func pressure(_ resource: PressureResource) -> Markup {
                let stall = figures.pressure.first { $0.resource == resource }
                return "\(PageNumbers.percent(stall?.someAverage10))"
            }
            func speed(_ value: Double?) -> Markup {
                value == nil ? "\(PageNumbers.unknown)" : "\(PageNumbers.bytes(value))/s"
            }
            let cores = figures.cores.map { PageNumbers.decimal($0, $0.rounded() == $0 ? 0 : 1) }
            let load = figures.load.first.flatMap { $0 }.map { PageNumbers.decimal($0, 2) }
            table.add([
                "\(figures.name)", "\(host.node ?? "")", "\(cores ?? PageNumbers.unknown)",
                "\(PageNumbers.percent(figures.cpuUtilization))", "\(PageNumbers.percent(figures.cpuPeak))",
                "\(load ?? PageNumbers.unknown)", "\(PageNumbers.percent(figures.memoryShare))",
                "\(PageNumbers.bytes(figures.memory.total.map { Double($0) }))",
                pressure(.cpu), pressure(.memory), pressure(.io),
                "\(PageNumbers.percent(figures.busiestDisk?.utilization))",
                "\(PageNumbers.percent(figures.fullestFilesystem?.usedShare))",
                speed(figures.network.receivedBytesPerSecond), speed(figures.network.sentBytesPerSecond),
            ])
        }
        return table
    }
}
