internal import Cluster
internal import Telemetry

extension ReportPage {
    /// Nodes with load and lag, partitions, and the agents that the nodes know.
    var cluster: Markup {
        guard let cluster = self.report.cluster else { return "" }
        let (parameters, coverage) = (cluster.parameters, cluster.coverage)
        let missing: Markup =
            coverage.replicated == Key.partitionCount
            ? "all of them replicated"
            : """
            \(coverage.replicated) replicated, <strong class="warn">\(coverage.underReplicated) under-replicated</strong>, \
            <strong class="bad">\(coverage.unavailable) unavailable</strong>
            """
        var markup: Markup = """
            <h2>Cluster</h2>
            <p>\(parameters.replication) copies of \(Key.partitionCount) partitions, confirmed at \
            \(parameters.confirmations): \(missing). \(self.debts(cluster))</p>
            \(self.nodeTable(cluster).markup)<h3>Partitions</h3>
            <p class="key"><span style="background: var(--accent)"></span>first\
            <span style="background: var(--light)"></span>further copies</p>
            \(PartitionChart(members: cluster.members.filter { $0.record.status != .left }).markup)
            """
        let agents = self.agentTable(cluster)
        if !agents.isEmpty { markup += "<h3>Agents</h3>\n\(agents.markup)" }
        return markup
    }

    private func debts(_ cluster: ClusterPicture) -> Markup {
        var markup: Markup =
            cluster.owedFrames == 0
            ? "No copy is owed."
            : "<strong class=\"warn\">Copies of \(PageNumbers.count(Double(cluster.owedFrames))) frames are owed.</strong>"
        if cluster.foreignChunks > 0 {
            let count = PageNumbers.count(Double(cluster.foreignChunks))
            markup += " \(count) chunks were kept, since the nodes started, where others own them."
        }
        let lost = cluster.memberCount(.dead)
        if lost > 0 { markup += " What lost nodes held (\(lost) of them) is not counted." }
        return markup
    }

    private func nodeTable(_ cluster: ClusterPicture) -> PageTable {
        var table = PageTable(
            "Nodes as they are now; items and copies a second over the last half minute",
            [
                .text("node"), .text("status"), .text("host"), .number("partitions"), .number("items/s"),
                .number("copies/s"), .number("under way"), .number("unindexed"), .number("lag"),
                .number("stored"), .number("memory"), .number("CPU"), .number("up"),
                .number("certificate"),
            ]
        )
        for member in cluster.members {
            let status = "\(member.record.status)"
            let head: [Markup] = [
                "\(member.record.node.text)\(member.isSelf ? " *" : "")",
                "<span class=\"\(PageStyle.kind(of: status))\">\(status)</span>",
                "\(member.figures?.hostName ?? PageNumbers.unknown)", "\(member.partitions)",
            ]
            guard let figures = member.figures else {
                table.add(head + [Markup](repeating: "\(PageNumbers.unknown)", count: 10), kind: "away")
                continue
            }
            table.add(head + Self.cells(figures))
        }
        return table
    }

    private static func cells(_ figures: NodeFigures) -> [Markup] {
        let waiting = figures.writes.bytesUnderWay.saturatingAdd(figures.store.queuedBytes)
        let days = Double(figures.process.certificateSeconds) / 86_400
        let end: Markup = "\(PageNumbers.decimal(days, days < 10 ? 1 : 0)) d"
        return [
            "\(PageNumbers.rate(figures.load.reduce(0) { $0 + $1.taken }))",
            "\(PageNumbers.rate(figures.load.reduce(0) { $0 + $1.copied }))",
            "\(PageNumbers.bytes(Double(waiting)))",
            "\(PageNumbers.count(Double(figures.store.unindexedFrames)))",
            "\(PageNumbers.milliseconds(figures.store.unindexedSeconds * 1000))",
            "\(PageNumbers.bytes(Double(figures.store.bytes)))",
            "\(PageNumbers.bytes(Double(figures.process.residentBytes)))",
            "\(PageNumbers.percent(figures.process.cpuCores))",
            "\(PageNumbers.duration(Double(figures.uptimeSeconds)))",
            days < 14 ? "<strong class=\"warn\">\(end)</strong>" : end,
        ]
    }

    private func agentTable(_ cluster: ClusterPicture) -> PageTable {
        let all = cluster.agents
        let caption: Markup =
            all.count > Self.rowsMax
            ? "The first \(Self.rowsMax) of \(all.count) agents" : "Agents that any node knows"
        var table = PageTable(
            caption,
            [
                .text("agent"), .text("sends to"), .number("connections"), .number("last heard"),
                .number("frames"), .number("items"), .number("bytes"),
            ]
        )
        for (agent, nodes) in all.prefix(Self.rowsMax) {
            let now = self.report.made.nanoseconds
            let silence = Double(now - min(agent.lastHeard.nanoseconds, now)) / 1e9
            table.add(
                [
                    "\(agent.name.text)", "\(nodes.joined(separator: ", "))", "\(agent.connections)",
                    "\(PageNumbers.duration(silence)) ago", "\(PageNumbers.count(Double(agent.frames)))",
                    "\(PageNumbers.count(Double(agent.items)))", "\(PageNumbers.bytes(Double(agent.bytes)))",
                ],
                kind: agent.connections == 0 ? "away" : ""
            )
        }
        return table
    }

    /// What was not kept or not let in, with the reasons.
    var drops: Markup {
        guard !self.report.drops.isEmpty else {
            return "<h2>Drops and refusals</h2>\n<p class=\"quiet\">None since the processes started.</p>\n"
        }
        var table = PageTable(
            "Since the processes started",
            [
                .text("what"), .text("reason"), .text("signal"), .text("stage"), .number("count"),
                .text("where"),
            ]
        )
        for line in self.report.drops.prefix(Self.rowsMax) {
            table.add([
                Self.words(line.drop.kind), "\(line.drop.reason)", "\(line.drop.signal ?? "")",
                "\(line.drop.stage ?? "")", "\(PageNumbers.count(line.drop.count))",
                "\(line.nodes.joined(separator: ", "))",
            ])
        }
        return "<h2>Drops and refusals</h2>\n\(table.markup)"
    }

    private static func words(_ kind: Drop.Kind) -> Markup {
        switch kind {
        case .dropped: "items dropped"
        case .refusedRequests: "requests refused"
        case .rejectedItems: "items rejected"
        case .refusedPeers: "peers refused"
        case .expired: "items expired"
        }
    }
}
