import Cluster
import Telemetry
import Testing

@testable import WebServer

@Suite struct ClusterPictureTests {
    private func picture(_ cluster: FakeCluster) -> ClusterPicture {
        ClusterPicture(
            cluster: cluster.cluster,
            node: cluster.node,
            view: cluster.view,
            figures: cluster.shownFigures
        )
    }

    @Test func `shares add up to every copy, and who holds no place has none`() {
        for count in 1...6 {
            for replication in 1...3 {
                let statuses = [MemberStatus](repeating: .alive, count: count) + [.leaving, .dead, .left]
                let picture = self.picture(FakeCluster(statuses, replication: replication))
                let copies = min(count, replication)
                #expect(picture.members.reduce(0) { $0 + $1.partitions } == copies * Key.partitionCount)
                #expect(picture.members.reduce(0) { $0 + $1.firstPartitions } == Key.partitionCount)
                #expect(picture.members.suffix(3).allSatisfy { $0.partitions == 0 })
            }
        }
    }

    @Test func `every partition is counted once, whatever the statuses`() {
        for first in MemberStatus.allCases {
            for second in MemberStatus.allCases {
                for third in MemberStatus.allCases {
                    let coverage = self.picture(FakeCluster([first, second, third])).coverage
                    let sum = coverage.replicated + coverage.underReplicated + coverage.unavailable
                    #expect(sum == Key.partitionCount, "\(first) \(second) \(third)")
                }
            }
        }
    }

    @Test func `a partition is replicated while all owners answer and nobody owes a copy`() {
        #expect(self.picture(FakeCluster([.alive, .alive, .alive])).coverage.replicated == 1024)
        #expect(self.picture(FakeCluster([.alive])).coverage.underReplicated == 1024)
        #expect(self.picture(FakeCluster([.suspect, .dead])).coverage.unavailable == 1024)
        var owing = FakeCluster([.alive, .alive, .alive])
        owing.shownFigures[FakeCluster.name(1)]?.writes.owedPartitions = [1, 2, 3]
        owing.shownFigures[FakeCluster.name(2)]?.writes.owedPartitions = [3, 4]
        #expect(self.picture(owing).coverage == .init(replicated: 1020, underReplicated: 4, unavailable: 0))
        let sick = self.picture(FakeCluster([.alive, .alive, .suspect]))
        let touched = sick.members[2].partitions
        #expect(sick.coverage == .init(replicated: 1024 - touched, underReplicated: touched, unavailable: 0))
    }

    @Test func `who did not answer is named, but not who left`() {
        let picture = self.picture(FakeCluster([.alive, .left, .alive, .dead]))
        #expect(picture.missing == ["node-4"])
        var silent = FakeCluster([.alive, .left, .alive, .dead])
        silent.shownFigures = [:]
        #expect(self.picture(silent).missing == ["node-1", "node-3", "node-4"])
    }

    @Test func `an agent that several collectors know is one`() {
        let picture = self.picture(FakeCluster([.alive, .alive, .alive]))
        #expect(picture.agents.count == 1)
        #expect(picture.agents.first?.nodes == ["node-1", "node-2"])
        #expect(picture.agents.first?.figures.items == 2000)
        #expect(picture.owedFrames == 6 && picture.foreignChunks == 8)
    }

    @Test func `numbers that only a hostile node has do not end the process`() {
        var cluster = FakeCluster([.alive, .alive, .alive])
        for node in [1, 2] {
            cluster.shownFigures[FakeCluster.name(node)]?.writes.owedFrames = .max
            cluster.shownFigures[FakeCluster.name(node)]?.agents[0].items = .max
        }
        let picture = self.picture(cluster)
        #expect(picture.owedFrames == .max && picture.agents.first?.figures.items == .max)
    }
}
