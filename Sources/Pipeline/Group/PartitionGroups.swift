internal import Telemetry

/// Which partitions go to the same nodes: chunks of one group travel in one frame.
///
/// Frames are then held by exactly the nodes that own each of their chunks; how the groups come about is not the edge's
/// business.
package struct PartitionGroups: Equatable, Sendable {
    /// The group of each partition; empty where all are one.
    private let groups: [UInt16]

    /// How many groups there are.
    let count: Int

    /// One group for everything.
    package static let one = PartitionGroups()

    private init() {
        self.groups = []
        self.count = 1
    }

    /// Groups partitions by what they have in common.
    ///
    /// - Parameter mark: What is the same for partitions of one group.
    package init<Mark: Hashable>(by mark: (_ partition: Int) -> Mark) {
        var numbers: [Mark: UInt16] = [:]
        var groups: [UInt16] = []
        groups.reserveCapacity(Key.partitionCount)
        for partition in 0..<Key.partitionCount {
            let mark = mark(partition)
            let number = numbers[mark] ?? UInt16(numbers.count)
            numbers[mark] = number
            groups.append(number)
        }
        self.groups = numbers.count > 1 ? groups : []
        self.count = numbers.count
    }

    /// Whether there is more than one group.
    var areSeveral: Bool { self.count > 1 }

    /// The group of a key.
    func group(of key: Key) -> UInt16 { self.groups.isEmpty ? 0 : self.groups[key.partition] }
}
