internal import Telemetry

/// What was not kept or not let in, added up over the nodes that answered.
package struct ReportDrop: Equatable, Sendable {
    /// What, and how much in all.
    package var drop: Drop
    /// Where, by name; empty for a process without a cluster.
    package var nodes: [String]

    /// Adds up drops of one kind, signal, stage and reason; the most first.
    package static func united(_ drops: [(node: String?, drop: Drop)]) -> [ReportDrop] {
        var united: [[String?]: ReportDrop] = [:]
        for (node, drop) in drops {
            let key = [drop.kind.rawValue, drop.signal, drop.stage, drop.reason]
            if united[key] == nil {
                united[key] = ReportDrop(drop: drop, nodes: [])
            } else {
                united[key]?.drop.count += drop.count
            }
            if let node { united[key]?.nodes.append(node) }
        }
        func order(_ one: ReportDrop) -> (Double, String, String, String) {
            (
                -one.drop.count, one.drop.kind.rawValue, one.drop.reason,
                (one.drop.signal ?? "") + " " + (one.drop.stage ?? "")
            )
        }
        return united.values.sorted { order($0) < order($1) }
    }
}
