import Cluster
import Telemetry
import Testing

@Suite struct PlacementTests {
    private static func placement(_ count: Int, replication: Int = 2, zones: Int = 0) throws -> Placement {
        let parameters = try #require(PlacementParameters(replication: replication, confirmations: 1))
        let members = (1...count).map { number in
            MemberRecord.named("node-\(number)", zone: zones == 0 ? "" : "z\(number % zones)")
        }
        return Placement(members, parameters)
    }

    @Test func `placement is the same for all time`() throws {
        let placement = try Self.placement(5, replication: 3)
        let golden = [0, 1, 511, 1023].map { placement.owners(of: $0).map(\.text) }
        #expect(
            golden == [
                ["node-5", "node-3", "node-1"], ["node-3", "node-2", "node-5"],
                ["node-5", "node-4", "node-1"], ["node-2", "node-5", "node-3"],
            ]
        )
    }

    @Test func `owners are the first of the ranking, and each node comes once`() throws {
        let placement = try Self.placement(7, replication: 3)
        for partition in 0..<Key.partitionCount {
            let ranking = placement.ranking(of: partition)
            #expect(Set(ranking).count == 7)
            #expect(placement.owners(of: partition) == Array(ranking.prefix(3)))
            for node in ranking {
                #expect(placement.isOwner(node, of: partition) == ranking.prefix(3).contains(node))
            }
        }
    }

    @Test func `no node holds much more than its share`() throws {
        for count in [3, 5, 10] {
            let placement = try Self.placement(count)
            var held: [NodeID: Int] = [:]
            for partition in 0..<Key.partitionCount {
                for owner in placement.owners(of: partition) { held[owner, default: 0] += 1 }
            }
            let mean = Double(Key.partitionCount * 2) / Double(count)
            let largest = Double(held.values.max() ?? 0)
            #expect(held.count == count && largest / mean < 1.25, "\(count) nodes: \(largest / mean)")
        }
    }

    @Test func `a node more or less moves only its own share`() throws {
        let (five, six) = (try Self.placement(5), try Self.placement(6))
        for partition in 0..<Key.partitionCount {
            let without = six.ranking(of: partition).filter { $0 != .named("node-6") }
            #expect(without == five.ranking(of: partition))
        }
    }

    @Test func `copies stand in different zones while there are enough`() throws {
        let placement = try Self.placement(6, replication: 3, zones: 2)
        for partition in 0..<Key.partitionCount {
            let zones = placement.owners(of: partition).map { Int($0.text.dropFirst(5)).map { $0 % 2 } }
            #expect(Set(zones.prefix(2)).count == 2)
        }
    }

    @Test func `the suspected keep their place; the leaving, the dead and the gone lose it`() {
        let members = MemberStatus.allCases.map { MemberRecord.named("s\($0.rawValue)", status: $0) }
        #expect(Placement(members, .standard).nodes.map(\.text) == ["s0", "s2"])
        let nobody = Placement([], .standard)
        #expect(nobody.owners(of: 0).isEmpty && nobody.ranking(of: 1023).isEmpty)
        #expect(!nobody.isOwner(.named("a"), of: 5))
    }

    @Test func `parameters that make no sense are refused`() {
        for (replication, confirmations) in [(0, 0), (1, 0), (1, 2), (2, 3), (6, 2), (-1, -1)] {
            #expect(PlacementParameters(replication: replication, confirmations: confirmations) == nil)
        }
        #expect(PlacementParameters(replication: 3, confirmations: 2) != nil)
    }
}
