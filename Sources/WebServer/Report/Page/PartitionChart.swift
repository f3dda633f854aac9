internal import Cluster
internal import Telemetry

/// Partitions by node: those for which it comes first, and those of which it keeps a further copy.
struct PartitionChart {
    let members: [ClusterPicture.Member]

    private static let (width, left, right, pitch) = (900.0, 170.0, 70.0, 26.0)

    var markup: Markup {
        let height = Self.pitch * Double(self.members.count) + 6
        let high = Double(Key.partitionCount)
        let room = Self.width - Self.left - Self.right
        let rows = self.members.enumerated().map { index, member -> Markup in
            let y = Self.pitch * Double(index) + 6
            let first = Double(member.firstPartitions) / high * room
            let all = Double(member.partitions) / high * room
            let name = member.record.node.text
            return """
                <g><title>\(name): first for \(member.firstPartitions), \(member.partitions) in all</title>\
                <text class="name" x="\(Self.left - 12)" y="\(y + 13)" text-anchor="end">\(name)</text>\
                <rect class="calls" x="\(Self.left)" y="\(y)" width="\(first)" height="17"/>\
                <rect class="copies" x="\(Self.left + first)" y="\(y)" width="\(max(all - first, 0))" height="17"/>\
                <text x="\(Self.left + all + 8)" y="\(y + 13)">\(member.partitions)</text></g>

                """
        }
        return """
            <svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-labelledby="partitions-title partitions-text">
            <title id="partitions-title">Partitions by node</title>
            <desc id="partitions-text">For each node the partitions for which it comes first and those of which it keeps a \
            further copy, of \(Key.partitionCount). The numbers are in the table of nodes.</desc>
            \(rows)</svg>

            """
    }
}
