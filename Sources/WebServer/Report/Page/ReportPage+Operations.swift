internal import Pipeline
internal import Storage
internal import Telemetry

extension ReportPage {
    /// Rows of the longest tables.
    static let rowsMax = 100
    /// Rows that are open to see where there are many.
    static let rowsShown = 20

    /// Services, operations, and the slowest of them.
    var operations: Markup {
        guard !self.report.operations.isEmpty else { return "" }
        let chart = LatencyChart(self.report.operations)
        var markup: Markup = """
            <h2>Latency</h2>
            <p class="key">The operations that took most time: <span style="background: var(--accent); border-radius: 50%">\
            </span>median, a stroke at the 95th and a longer one at the 99th percentile; logarithmic.</p>
            \(chart.markup)
            """
        markup += self.slowOperations
        let all = self.report.operations
        let shown = self.operationTable(all.prefix(Self.rowsShown), "Those that took most time")
        markup += "<h2>Operations</h2>\n\(shown.markup)"
        if all.count > Self.rowsShown {
            let more = all.dropFirst(Self.rowsShown).prefix(Self.rowsMax)
            let left = all.count - Self.rowsShown
            let caption: Markup = left > more.count ? "The next \(more.count) of \(left)" : "By time spent"
            markup += self.operationTable(more, caption).folded("More operations")
        }
        markup += "<h2>Services</h2>\n\(self.serviceTable.markup)"
        if !self.report.slowest.isEmpty {
            markup += "<h2>Slowest traces</h2>\n\(self.traceTable.markup)"
        }
        return markup
    }

    private var slowOperations: Markup {
        guard !self.report.slowOperations.isEmpty else { return "" }
        var table = PageTable(
            "Operations with the highest 99th percentile, and a trace that shows one such call",
            [
                .text("service"), .text("operation"), .number("p99"), .number("slowest"),
                .text("example: neoscope trace get …"), .number("its call"),
            ]
        )
        for slow in self.report.slowOperations {
            let durations = slow.operation.durations
            let trace: Markup = slow.example.map { "<code>\($0.trace.hex)</code>" } ?? "none stored"
            table.add([
                "\(slow.operation.service)", "\(slow.operation.name)",
                "\(Self.time(durations.quantile(0.99)))",
                "\(Self.time(durations.count == 0 ? nil : durations.maximum))", trace,
                "\(PageNumbers.milliseconds(slow.example.map { Double($0.duration) / 1e6 }))",
            ])
        }
        return "<h2>Slowest operations</h2>\n\(table.markup)"
    }

    private static let figures: [PageTable.Column] = [
        .number("calls"), .number("per s"), .number("errors"), .number("p50"), .number("p95"),
        .number("p99"), .number("total"),
    ]

    private func figures(_ durations: ExponentialHistogram, errors: UInt64) -> [Markup] {
        let count = Double(durations.count)
        let share = count == 0 ? nil : Double(errors) / count
        let failed: Markup =
            errors > 0
            ? "<span class=\"bad\">\(PageNumbers.percent(share))</span>" : "\(PageNumbers.percent(share))"
        return [
            "\(PageNumbers.count(count))", "\(PageNumbers.rate(count / self.report.seconds))", failed,
            "\(Self.time(durations.quantile(0.5)))", "\(Self.time(durations.quantile(0.95)))",
            "\(Self.time(durations.quantile(0.99)))", "\(Self.time(durations.sum))",
        ]
    }

    private func operationTable(_ shown: ArraySlice<Report.Operation>, _ caption: Markup) -> PageTable {
        var table = PageTable(caption, [.text("service"), .text("operation"), .text("kind")] + Self.figures)
        for operation in shown {
            let name: Markup =
                operation.isEstimated
                ? "\(operation.name) <span class=\"quiet\" title=\"scaled up from what a client had sampled\">≈</span>"
                : "\(operation.name)"
            table.add(
                ["\(operation.service)", name, "\(operation.kind)"]
                    + self.figures(operation.durations, errors: operation.errorCount)
            )
        }
        return table
    }

    private var serviceTable: PageTable {
        var table = PageTable("All operations of a service together", [.text("service")] + Self.figures)
        for service in self.report.services.prefix(Self.rowsMax) {
            let figures = self.figures(service.durations, errors: service.errorCount)
            table.add(["\(service.name)"] + figures)
        }
        return table
    }

    private var traceTable: PageTable {
        var table = PageTable(
            "The longest from first start to last end",
            [
                .text("trace"), .text("service"), .text("operation"), .text("start (UTC)"),
                .number("duration"), .number("spans"), .number("errors"),
            ]
        )
        for hit in self.report.slowest {
            table.add([
                "<code>\(hit.trace.hex)</code>", "\(hit.rootService ?? PageNumbers.unknown)",
                "\(hit.rootName ?? PageNumbers.unknown)", "\(PageTime.text(hit.start))",
                "\(PageNumbers.milliseconds(Double(hit.duration) / 1e6))", "\(hit.spanCount)",
                "\(hit.errorCount)",
            ])
        }
        return table
    }

    /// Seconds as people read them.
    static func time(_ seconds: Double?) -> String { PageNumbers.milliseconds(seconds.map { $0 * 1000 }) }
}
