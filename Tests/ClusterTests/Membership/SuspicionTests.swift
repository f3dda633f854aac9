import Testing

@testable import Cluster

@Suite struct SuspicionTests {
    private static let options = MembershipOptions()

    private static func suspicion(size: Int) -> Suspicion {
        Suspicion(by: .named("a"), size: size, self.options, at: .seconds(100))
    }

    private static func confirmed(_ suspicion: inout Suspicion, by accuser: NodeID) -> Bool {
        suspicion.confirm(by: accuser)
    }

    @Test func `among three nobody is waited for`() {
        for live in 1...3 { #expect(Self.suspicion(size: 3).deadline(live: live) == .seconds(103)) }
    }

    @Test func `when no more than three are left to answer, nobody is waited for any longer`() {
        let suspicion = Self.suspicion(size: 5)
        #expect(suspicion.deadline(live: 4) == .seconds(118))
        #expect(suspicion.deadline(live: 3) == .seconds(103))
        #expect(suspicion.deadline(live: 4) == .seconds(118), "and once they are back, somebody is")
    }

    @Test func `each accuser brings the end nearer, up to the least`() {
        var suspicion = Self.suspicion(size: 10)
        #expect(suspicion.deadline(live: 10) == .seconds(118))
        #expect(Self.confirmed(&suspicion, by: .named("a")) == false)
        #expect(Self.confirmed(&suspicion, by: .named("b")) == true)
        // 18 s less 15 s times log 2 / log 3.
        #expect(abs((suspicion.deadline(live: 10) - .seconds(108.54)) / .seconds(1)) < 0.6)
        #expect(Self.confirmed(&suspicion, by: .named("b")) == false)
        #expect(Self.confirmed(&suspicion, by: .named("c")) == true)
        #expect(suspicion.deadline(live: 10) == .seconds(103))
        #expect(Self.confirmed(&suspicion, by: .named("d")) == false)
        #expect(suspicion.deadline(live: 10) == .seconds(103))
    }

    @Test func `larger clusters wait longer`() {
        var last = Duration.zero
        for size in [4, 10, 11, 32, 100, 1000] {
            var suspicion = Self.suspicion(size: size)
            _ = suspicion.confirm(by: .named("b"))
            _ = suspicion.confirm(by: .named("c"))
            #expect(suspicion.deadline(live: size) >= last)
            last = suspicion.deadline(live: size)
        }
        #expect(abs((last - .seconds(109)) / .seconds(1)) < 0.3)
    }

    @Test func `our own lateness is no fault of the suspected`() {
        var suspicion = Self.suspicion(size: 3)
        suspicion.postpone(by: .seconds(7))
        #expect(suspicion.deadline(live: 3) == .seconds(110))
    }
}
