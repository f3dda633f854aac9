import Cluster
import Testing

@Suite struct MemberRecordTests {
    @Test func `names have lower-case letters, digits, hyphens and dots, 63 at most`() {
        for good in ["a", "node-1", "n.eu-west.example", String(repeating: "x", count: 63)] {
            #expect(NodeID(good)?.text == good)
        }
        for bad in ["", "A", "a b", "ä", "a/b", "a\0", String(repeating: "x", count: 64)] {
            #expect(NodeID(bad) == nil, "\(bad)")
        }
    }

    @Test func `the newer of two records is the same whichever comes first`() {
        var records: [MemberRecord] = []
        for epoch in UInt64(1)...3 {
            for incarnation in UInt32(0)...2 {
                for status in MemberStatus.allCases {
                    records.append(.named("a", epoch: epoch, incarnation: incarnation, status: status))
                }
            }
        }
        for left in records.indices {
            #expect(!records[left].supersedes(records[left]))
            for right in records.indices where left < right {
                #expect(records[right].supersedes(records[left]) && !records[left].supersedes(records[right]))
            }
        }
    }

    @Test func `a member holds its place while it is alive or only suspected, unless it said that it leaves`()
    {
        let placed = MemberStatus.allCases.filter { MemberRecord.named("a", status: $0).isPlaced }
        #expect(placed == [.alive, .suspect])
        var leaving = MemberRecord.named("a", status: .leaving)
        leaving.status = .suspect
        #expect(!leaving.isPlaced)
        #expect(MemberStatus.allCases.filter(\.isPresent) == [.alive, .leaving, .suspect])
    }
}
