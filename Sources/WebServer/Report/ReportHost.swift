internal import Cluster
package import Storage
internal import Telemetry

/// One host in a report: means over the range, from what is stored.
package struct ReportHost: Sendable {
    /// Stable.
    package var id: String
    /// The node that runs on it; nil where none does that is known.
    package var node: String?
    /// What it did.
    package var figures: HostFigures

    /// Hosts in one report; those with the least to say are left out.
    package static let hostsMax = 256

    /// Every host of which something is stored, by name.
    ///
    /// - Parameters:
    ///   - lines: Series of the range.
    ///   - nodes: The cluster as it is now; nil for a process without one.
    /// - Returns: At most ``hostsMax``.
    package static func all(in lines: [SeriesLine], nodes: ClusterPicture?) -> [ReportHost] {
        var linesByHost: [String: [SeriesLine]] = [:]
        for line in lines {
            guard case .host(let id) = line.series.subject else { continue }
            linesByHost[id, default: []].append(line)
        }
        let known = nodes?.members.compactMap { member in
            member.figures.map { (member.record.node.text, $0.hostID, $0.hostName) }
        }
        let hosts = linesByHost.compactMap { id, lines -> ReportHost? in
            let node = known?.first { $0.1 == id }
            let name = node?.2 ?? String(id.prefix(12))
            guard let figures = HostFigures(StoredHost(lines, hostID: id), name: name) else { return nil }
            return ReportHost(id: id, node: node?.0, figures: figures)
        }
        let busiest = hosts.sorted {
            ($1.figures.cpuUtilization ?? 0, $0.id) < ($0.figures.cpuUtilization ?? 0, $1.id)
        }
        return busiest.prefix(Self.hostsMax).sorted {
            ($0.figures.name, $0.id) < ($1.figures.name, $1.id)
        }
    }
}
