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
        for size in 1...3 { #expect(Self.suspicion(size: size).deadline == .seconds(103)) }
    }

    @Test func `each accuser brings the end nearer, up to the least`() {
        var suspicion = Self.suspicion(size: 10)
        #expect(suspicion.deadline == .seconds(118))
        #expect(Self.confirmed(&suspicion, by: .named("a")) == false)
        #expect(Self.confirmed(&suspicion, by: .named("b")) == true)
        // 18 s less 15 s times log 2 / log 3.
        #expect(abs((suspicion.deadline - .seconds(108.54)) / .seconds(1)) < 0.6)
        #expect(Self.confirmed(&suspicion, by: .named("b")) == false)
        #expect(Self.confirmed(&suspicion, by: .named("c")) == true)
        #expect(suspicion.deadline == .seconds(103))
        #expect(Self.confirmed(&suspicion, by: .named("d")) == false)
        #expect(suspicion.deadline == .seconds(103))
    }

    @Test func `larger clusters wait longer`() {
        var last = Duration.zero
        for size in [4, 10, 11, 32, 100, 1000] {
            var suspicion = Self.suspicion(size: size)
            _ = suspicion.confirm(by: .named("b"))
            _ = suspicion.confirm(by: .named("c"))
            #expect(suspicion.deadline >= last)
            last = suspicion.deadline
        }
        #expect(abs((last - .seconds(109)) / .seconds(1)) < 0.3)
    }

    @Test func `our own lateness is no fault of the suspected`() {
        var suspicion = Self.suspicion(size: 3)
        suspicion.postpone(by: .seconds(7))
        #expect(suspicion.deadline == .seconds(110))
    }
}
