import Telemetry
import Testing

@testable import Cluster

/// What an edge makes of what several nodes tell.
@Suite struct ViewBookTests {
    private static func view(_ records: MemberRecord...) -> ClusterView { ClusterView(records, .standard) }

    private static let well = Self.view(.named("n1"), .named("n2"), .named("n3", status: .dead))
    /// As the third one sees it, which is cut off from the others.
    private static let cutOff = Self.view(
        .named("n1", status: .dead),
        .named("n2", status: .dead),
        .named("n3")
    )

    private static func statuses(_ book: ViewBook) -> [MemberStatus] {
        book.view?.records.map(\.status) ?? []
    }

    @Test func `the picture of a node that is cut off does not replace that of the others`() {
        for order in [["n1", "n2", "n3"], ["n3", "n2", "n1"], ["n1", "n3", "n2"]] {
            var book = ViewBook()
            for name in order {
                book.told(name == "n3" ? Self.cutOff : Self.well, by: .named(name), at: .zero)
            }
            #expect(Self.statuses(book) == [.alive, .alive, .dead], "\(order)")
        }
    }

    @Test func `of two that differ a member's own word counts, or else the later status`() {
        var book = ViewBook()
        book.told(Self.well, by: .named("n1"), at: .zero)
        book.told(Self.cutOff, by: .named("n3"), at: .zero)
        #expect(Self.statuses(book) == [.alive, .dead, .alive])
        // With the connection its word is gone, though nobody contradicted it by a newer incarnation.
        book.lost(.named("n3"), at: .zero)
        #expect(book.view == Self.well)
    }

    @Test func `a newer incarnation counts whoever tells it`() {
        var book = ViewBook()
        for name in ["n1", "n2"] { book.told(Self.well, by: .named(name), at: .zero) }
        let newer = Self.view(.named("n3", incarnation: 1))
        book.told(newer, by: .named("n4"), at: .zero)
        #expect(book.view?.record(of: .named("n3")) == newer.records[0])
        // The old word of others does not bring it back.
        book.lost(.named("n4"), at: .seconds(1))
        book.told(Self.well, by: .named("n1"), at: .seconds(2))
        #expect(book.view?.record(of: .named("n3")) == newer.records[0])
        let later = Duration.seconds(1) + ViewBook.untoldMax
        book.told(Self.well, by: .named("n1"), at: later)
        #expect(book.view == Self.well)
    }

    @Test func `a node that knows nobody takes nothing away, and what nobody tells any more goes in the end`()
    {
        var book = ViewBook()
        book.told(Self.well, by: .named("n1"), at: .zero)
        book.lost(.named("n1"), at: .seconds(5))
        #expect(book.view == Self.well, "nobody else is there")
        let fresh = Self.view(.named("n9"))
        book.told(fresh, by: .named("n9"), at: .seconds(10))
        #expect(book.view?.records.map(\.node.text) == ["n1", "n2", "n3", "n9"])
        book.told(fresh, by: .named("n9"), at: .seconds(9) + ViewBook.untoldMax)
        #expect(book.view?.records.count == 4)
        book.told(fresh, by: .named("n9"), at: .seconds(10) + ViewBook.untoldMax)
        #expect(book.view == fresh)
    }

    @Test func `what is told again meanwhile stays`() {
        var book = ViewBook()
        book.told(Self.well, by: .named("n1"), at: .zero)
        book.told(Self.view(.named("n1")), by: .named("n1"), at: .seconds(10))
        book.told(Self.well, by: .named("n2"), at: .seconds(500))
        book.told(Self.view(.named("n1")), by: .named("n2"), at: .seconds(601))
        book.told(Self.view(.named("n1")), by: .named("n2"), at: .seconds(1200))
        #expect(book.view == Self.well)
    }

    @Test func `parameters are the newest that anybody told, and never older ones again`() throws {
        var book = ViewBook()
        let changed = try #require(PlacementParameters.standard.changed(replication: 3))
        book.told(ClusterView([.named("n1")], changed), by: .named("n1"), at: .zero)
        book.told(Self.well, by: .named("n2"), at: .zero)
        book.lost(.named("n1"), at: .zero)
        #expect(book.view?.parameters == changed)
    }

    @Test func `the order in which nodes tell does not matter`() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<300 {
            let words = (1...4).map { teller in
                let records = (1...5).compactMap { number -> MemberRecord? in
                    guard random.next() % 4 > 0 else { return nil }
                    let status = MemberStatus.allCases[Int(random.next() % 5)]
                    return .named(
                        "n\(number)",
                        incarnation: UInt32(random.next() % 2),
                        status: status
                    )
                }
                return (NodeID.named("n\(teller)"), ClusterView(records, .standard))
            }
            var (left, right) = (ViewBook(), ViewBook())
            for (node, view) in words + words { left.told(view, by: node, at: .zero) }
            for (node, view) in (words + words).reversed() { right.told(view, by: node, at: .zero) }
            #expect(left.view == right.view)
            let names = left.view?.records.map(\.node) ?? []
            #expect(names == names.sorted())
        }
    }
}
