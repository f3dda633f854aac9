/// The cluster as text for people.
enum ClusterScreen {
    static func summary(_ answer: ClusterAnswer) -> String {
        let statuses = ["alive", "leaving", "suspect", "dead", "left"]
        let members = statuses.compactMap { status -> String? in
            guard let count = answer.members[status], count > 0 else { return nil }
            return "\(count) \(Paint.status(status))"
        }
        let (parameters, partitions) = (answer.parameters, answer.partitions)
        var text = Paint.bold("Cluster") + " \(answer.cluster), as \(answer.node) sees it\n"
        text += "  Members     \(members.joined(separator: ", "))\n"
        text += "  Placement   \(self.parameters(parameters))\n"
        text += "  Partitions  \(partitions.replicated) replicated"
        if partitions.underReplicated > 0 {
            text += ", " + Paint.red("\(partitions.underReplicated) under-replicated")
        }
        if partitions.unavailable > 0 { text += ", " + Paint.red("\(partitions.unavailable) unavailable") }
        text += "\n  Owed        \(answer.owedFrames) frames\n"
        text += "  Foreign     \(answer.foreignChunks) chunks\n"
        return text + self.missing(answer.missingNodes)
    }

    static func parameters(_ parameters: ClusterAnswer.Parameters) -> String {
        "\(parameters.replication) copies of \(parameters.partitions) partitions, confirmed at "
            + "\(parameters.confirmations) (parameters of version \(parameters.version))"
    }

    static func members(_ answer: MembersAnswer) -> String {
        var text = self.nodes(answer.members)
        if !answer.agents.isEmpty { text += "\n" + self.agents(answer.agents) }
        return text + self.missing(answer.missingNodes)
    }

    static func nodes(_ members: [MembersAnswer.Member]) -> String {
        var table = TextTable([
            "  node", "status", "share", "items/s", "copies/s", "waiting", "behind", "stored", "memory",
            "CPU", "up",
        ])
        for member in members {
            let figures = member.figures
            let waiting = figures.map { $0.store.queuedBytes + $0.writes.bytesUnderWay }
            table.add([
                (member.isSelf ? "* " : "  ") + member.name, member.status, Figures.percent(member.share),
                figures.map { Figures.count($0.load.reduce(0) { $0 + $1.itemsPerSecond }) } ?? "-",
                figures.map { Figures.count($0.load.reduce(0) { $0 + $1.copiesPerSecond }) } ?? "-",
                Figures.bytes(waiting),
                figures.map { Figures.count($0.store.unindexedFrames) } ?? "-",
                Figures.bytes(figures?.store.bytes), Figures.bytes(figures?.residentBytes),
                Figures.percent(figures?.cpuCores), Figures.duration(figures?.uptimeSeconds),
            ])
        }
        return table.text
    }

    static func agents(_ agents: [MembersAnswer.Agent]) -> String {
        var table = TextTable([
            "  agent", "connections", "collectors", "last heard", "frames", "items", "bytes",
        ])
        for agent in agents {
            table.add([
                "  " + agent.name, String(agent.connections), agent.nodes.joined(separator: " "),
                Figures.duration(agent.silentSeconds) + " ago", Figures.count(agent.frames),
                Figures.count(agent.items), Figures.bytes(agent.bytes),
            ])
        }
        return table.text
    }

    static func placement(_ answer: PlacementAnswer) -> String {
        var table = TextTable(["  node", "rank", "status", "chunks", ""])
        for place in answer.ranking {
            table.add([
                "  " + place.node, place.rank.map(String.init) ?? "-", place.status,
                place.chunks.map(String.init) ?? "-",
                place.owner ? "owner" : place.foreign ? "foreign" : "",
            ])
        }
        return
            "trace \(answer.traceId), partition \(answer.partition), \(answer.replication) copies\n\(table.text)"
            + self.missing(answer.missingNodes)
    }

    /// Nodes that an answer lacks; empty where it lacks none.
    static func missing(_ nodes: [String]) -> String {
        nodes.isEmpty ? "" : Figures.plain("no answer from \(nodes.joined(separator: ", "))") + "\n"
    }
}
