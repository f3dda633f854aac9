import Cluster
import Telemetry
import Testing

@Suite struct AgentBookTests {
    private func time(_ seconds: UInt64) -> ClusterTime { ClusterTime(nanoseconds: seconds * 1_000_000_000) }

    @Test func `connections are counted, and the first of those that stand is remembered`() throws {
        var book = AgentBook()
        book.connected(.named("a"), at: self.time(1))
        book.connected(.named("a"), at: self.time(2))
        book.received(.named("a"), items: 5, bytes: 100, at: self.time(3))
        book.received(.named("a"), items: 2, bytes: 50, at: self.time(3))
        let known = try #require(book.all.first)
        #expect(known.connections == 2 && known.connectedSince == self.time(1))
        #expect(known.frames == 2 && known.items == 7 && known.bytes == 150)
        #expect(known.lastHeard == self.time(3))
        book.disconnected(.named("a"))
        #expect(book.all.first?.connectedSince == self.time(1))
        book.disconnected(.named("a"))
        #expect(book.all.first?.connections == 0 && book.all.first?.connectedSince == nil)
        #expect(book.all.first?.items == 7)
        book.connected(.named("a"), at: self.time(9))
        #expect(book.all.first?.connectedSince == self.time(9))
    }

    @Test func `an end that belongs to no connection changes nothing`() {
        var book = AgentBook()
        book.disconnected(.named("a"))
        #expect(book.all.isEmpty)
        book.connected(.named("a"), at: self.time(1))
        book.disconnected(.named("a"))
        book.disconnected(.named("a"))
        #expect(book.all.first?.connections == 0)
    }

    @Test func `a clock that steps back does not make an agent older`() {
        var book = AgentBook()
        book.connected(.named("a"), at: self.time(9))
        book.received(.named("a"), items: 1, bytes: 1, at: self.time(3))
        #expect(book.all.first?.lastHeard == self.time(9))
    }

    @Test func `a full book forgets who is away for longest, and never who is connected`() {
        var book = AgentBook(limit: 3)
        for (name, second) in [("a", UInt64(1)), ("b", 2), ("c", 3)] {
            book.connected(.named(name), at: self.time(second))
        }
        book.disconnected(.named("c"))
        book.disconnected(.named("b"))
        book.connected(.named("d"), at: self.time(4))
        #expect(book.all.map(\.name.text) == ["a", "c", "d"])
        book.connected(.named("c"), at: self.time(5))
        book.connected(.named("e"), at: self.time(6))
        #expect(book.all.map(\.name.text) == ["a", "c", "d"])
        book.disconnected(.named("e"))
        #expect(book.all.count == 3)
    }

    @Test func `what two collectors know of an agent adds up`() {
        var left = AgentFigures(.named("a"), lastHeard: self.time(5))
        (left.frames, left.items, left.bytes, left.connections) = (1, 2, 3, 1)
        left.connectedSince = self.time(4)
        var right = AgentFigures(.named("a"), lastHeard: self.time(7))
        (right.frames, right.items, right.bytes) = (10, .max, 30)
        var (one, other) = (left, right)
        one.add(right)
        other.add(left)
        #expect(one == other)
        #expect(one.frames == 11 && one.items == .max && one.bytes == 33 && one.connections == 1)
        #expect(one.connectedSince == self.time(4) && one.lastHeard == self.time(7))
    }
}
