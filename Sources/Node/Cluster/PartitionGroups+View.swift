package import Cluster
package import Pipeline

extension PartitionGroups {
    /// Partitions with the same owners share frames.
    package init(of view: ClusterView) {
        let available = view.available.filter(\.isPlaced)
        let placement = Placement(available, view.parameters)
        self.init { partition in placement.owners(of: partition).sorted() }
    }
}
