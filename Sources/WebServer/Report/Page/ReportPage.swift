internal import Cluster
internal import Telemetry

/// A report as one page that needs nothing else: no script, no font, no picture from anywhere; pure.
///
/// What it shows came from others in part, names of services and operations above all; ``Markup`` escapes all of it, and the
/// page forbids its reader's browser to load or run anything.
struct ReportPage {
    let report: Report

    init(_ report: Report) { self.report = report }

    /// The whole document.
    var html: String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="referrer" content="no-referrer"/>
            <title>Neoscope: \(self.name), \(PageTime.text(self.report.to))</title>
            \(PageStyle.markup)</head>
            <body>
            \(self.head)<main>
            \(self.tiles)\(self.traffic)\(self.operations)\(self.hosts)\(self.cluster)\(self.agents)\(self.drops)</main>
            \(self.foot)</body>
            </html>

            """
        return page.text
    }

    /// What the page lets a browser do: show its own styles, and nothing else.
    static let policy: Markup =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

    private var name: String {
        self.report.cluster.map { "cluster \($0.cluster)" } ?? "host \(self.report.identity.hostName)"
    }

    private var status: String {
        self.report.failing.isEmpty ? self.report.health.status.rawValue : "unhealthy"
    }

    private var head: Markup {
        let report = self.report
        let answered = report.cluster.map { "\($0.node.text) on \(report.identity.hostName)" }
        var markup: Markup = """
            <header>
            <h1>Neoscope report <span class="badge \(PageStyle.kind(of: self.status))">\(self.status)</span></h1>
            <p>\(self.name) · \(PageTime.text(report.from)) to \(PageTime.text(report.to)) UTC, \
            \(PageNumbers.duration(report.seconds)) · told by \(answered ?? report.identity.hostName)</p>
            </header>

            """
        if !report.missing.isEmpty {
            markup += """
                <p class="notice" role="status"><strong>No answer from \(report.missing.joined(separator: ", ")).</strong> \
                What only these nodes hold is not in this report.</p>

                """
        }
        for component in report.failing {
            markup += """
                <p class="notice" role="status"><strong class="bad">\(component.name)</strong> \(component.detail)</p>

                """
        }
        return markup
    }

    private var tiles: Markup {
        let (durations, errors) = self.report.total
        let count = durations.count
        func time(_ share: Double) -> String {
            PageNumbers.milliseconds(durations.quantile(share).map { $0 * 1000 })
        }
        var tiles: [(Markup, String)] = [
            ("calls", PageNumbers.count(Double(count))),
            ("calls/s", PageNumbers.rate(Double(count) / self.report.seconds)),
            ("errors", PageNumbers.percent(count == 0 ? nil : Double(errors) / Double(count))),
            ("median", time(0.5)), ("p95", time(0.95)), ("p99", time(0.99)),
            ("hosts", String(self.report.hosts.count)),
        ]
        if let cluster = self.report.cluster {
            tiles.append(("nodes alive", "\(cluster.memberCount(.alive)) of \(cluster.presentCount)"))
            let replicated = PageNumbers.percent(
                Double(cluster.coverage.replicated) / Double(Key.partitionCount)
            )
            tiles.append(("replicated", replicated))
        }
        let list = tiles.map { name, value -> Markup in "<div><dt>\(name)</dt><dd>\(value)</dd></div>\n" }
        return "<dl class=\"tiles\">\n\(list)</dl>\n"
    }

    private var traffic: Markup {
        guard let timeline = self.report.timeline, !timeline.calls.isEmpty,
            self.report.total.durations.count > 0
        else { return "<h2>Traffic</h2>\n<p class=\"quiet\">No spans in this time.</p>\n" }
        let chart = TrafficChart(timeline: timeline)
        return """
            <h2>Traffic</h2>
            <p class="key"><span style="background: var(--accent)"></span>calls a second\
            <span style="background: var(--bad)"></span>of them errors</p>
            \(chart.markup)\(chart.table.folded("Traffic as a table"))
            """
    }

    private var foot: Markup {
        """
        <footer>Made by Neoscope \(self.report.identity.version) on \(self.report.identity.hostName) at \
        \(PageTime.text(self.report.made.nanoseconds)) UTC. Percentiles are those of all calls, from merged histograms; \
        figures of hosts are means over the time of the report.</footer>

        """
    }
}

extension ClusterPicture {
    /// Members that have not left.
    var presentCount: Int { self.members.count { $0.record.status != .left } }
}
