internal import Simulation

/// What clusters of several sizes cost and how fast they are, in one table.
enum ScaleTable {
    /// Nodes of the largest cluster.
    private static let nodesMax = 2000

    /// Reads sizes that are set apart by commas.
    ///
    /// - Throws: ``CommandFailure`` where one is no number from 3 to 2000.
    static func sizes(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let size = Int(part), (3...Self.nodesMax).contains(size) else {
                throw CommandFailure.usage("expected --sizes of 3 to \(Self.nodesMax) nodes, not \(part)")
            }
            return size
        }
    }

    /// Measures one size after the other and tells what came of it.
    static func measure(_ sizes: [Int], seed: UInt64, _ output: OutputFormat) throws {
        var table = TextTable([
            "NODES", "CRASH p50/MAX s", "SILENCE p50/MAX s", "MEMBERSHIP msg/s B/s", "TOTALS msg/s B/s",
            "REPAIR msg/s B/s", "BALANCE max/mean", "TOTALS EQUAL s",
        ])
        var measured: [Scale] = []
        for size in sizes {
            let scale = World.scale(nodes: size, seed: seed)
            measured.append(scale)
            switch output {
            case .json: try StandardOutput.write(json: Line(scale))
            case .table: table.add(Self.row(scale))
            }
            if StandardError.isTerminal { StandardError.write("\(size) nodes measured\n") }
        }
        guard output == .table else { return }
        StandardOutput.write(table.text)
        StandardOutput.write(
            "per node and second; one process that died and one that stood still, 500 series, nothing to repair\n"
        )
        measured.sort { $0.nodes < $1.nodes }
        if let smallest = measured.first, let largest = measured.last, smallest.nodes < largest.nodes {
            StandardOutput.write(Self.words(from: smallest, to: largest))
        }
    }

    /// Columns that are named.
    private static let namedMax = 3

    /// What grew fastest between two sizes: that is what breaks first where the cluster grows on.
    private static func words(from smallest: Scale, to largest: Scale) -> String {
        let growth = largest.growth(since: smallest).prefix(Self.namedMax).map { one in
            let (before, name) = (Figures.rate(one.before), Self.name(of: one.column))
            guard let after = one.after else { return "\(name), from \(before) to never" }
            let factor = Figures.decimal(one.factor, 1)
            return "\(name), \(factor) times (from \(before) to \(Figures.rate(after)))"
        }
        guard let first = growth.first else { return "" }
        let others = growth.dropFirst().map { "; then \($0)" }.joined()
        return "from \(smallest.nodes) to \(largest.nodes) nodes grew fastest: \(first)\(others)\n"
    }

    private static func name(of column: Scale.Column) -> String {
        switch column {
        case .crash: "seconds until all have the dead process dead"
        case .silence: "seconds until all have the silent process dead"
        case .membershipMessages: "messages of membership"
        case .membershipBytes: "bytes of membership"
        case .totalsMessages: "messages of totals"
        case .totalsBytes: "bytes of totals"
        case .repairMessages: "messages of repair"
        case .repairBytes: "bytes of repair"
        case .balance: "the fullest node over the mean"
        case .convergence: "seconds until totals are equal"
        }
    }

    private static func row(_ scale: Scale) -> [String] {
        func spread(_ spread: Scale.Spread?) -> String {
            guard let spread else { return "-" }
            return Figures.decimal(spread.median, 2) + " / " + Figures.decimal(spread.maximum, 2)
        }
        func traffic(_ traffic: Scale.Traffic) -> String {
            Figures.rate(traffic.messages) + "  " + Figures.count(traffic.bytes)
        }
        return [
            "\(scale.nodes)", spread(scale.crash), spread(scale.silence), traffic(scale.membership),
            traffic(scale.totals), traffic(scale.repair), Figures.decimal(scale.balance, 2),
            scale.convergence.map { Figures.decimal($0, 2) } ?? "-",
        ]
    }

    /// One size, for programs; seconds, and messages and bytes per node and second.
    private struct Line: Encodable {
        var nodes: Int
        var crashMedian: Double?
        var crashMax: Double?
        var silenceMedian: Double?
        var silenceMax: Double?
        var membershipMessages: Double
        var membershipBytes: Double
        var totalsMessages: Double
        var totalsBytes: Double
        var repairMessages: Double
        var repairBytes: Double
        var balance: Double
        var convergence: Double?

        init(_ scale: Scale) {
            self.nodes = scale.nodes
            (self.crashMedian, self.crashMax) = (scale.crash?.median, scale.crash?.maximum)
            (self.silenceMedian, self.silenceMax) = (scale.silence?.median, scale.silence?.maximum)
            (self.membershipMessages, self.membershipBytes) = (
                scale.membership.messages, scale.membership.bytes
            )
            (self.totalsMessages, self.totalsBytes) = (scale.totals.messages, scale.totals.bytes)
            (self.repairMessages, self.repairBytes) = (scale.repair.messages, scale.repair.bytes)
            (self.balance, self.convergence) = (scale.balance, scale.convergence)
        }
    }
}
