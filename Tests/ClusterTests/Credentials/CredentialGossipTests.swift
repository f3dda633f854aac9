import Telemetry
import Testing

@testable import Cluster

/// Whom a process asks for credentials that it lacks, and how often.
@Suite struct CredentialGossipTests {
    private typealias Effect = CredentialGossip.Effect

    private static func list(_ number: UInt64) -> CredentialSummary { CredentialSummary(list: number) }

    private static func ask(_ name: String, _ own: UInt64) -> [Effect] {
        [.ask(.named(name), having: Self.list(own))]
    }

    @Test func `who has nothing newer is not asked`() {
        var machine = CredentialGossip(own: Self.list(5))
        for (name, number) in [("a", UInt64(5)), ("b", 4), ("c", 0)] {
            let effects = machine.told(Self.list(number), by: .named(name), at: .zero)
            #expect(effects.isEmpty)
        }
        #expect(machine.deadline == nil && machine.lacking.isEmpty)
    }

    @Test func `one is asked at a time, the one with the newest list first`() {
        var machine = CredentialGossip(own: Self.list(1))
        let first = machine.told(Self.list(2), by: .named("a"), at: .zero)
        #expect(first == Self.ask("a", 1))
        for (name, number) in [("d", UInt64(3)), ("c", 4), ("b", 4)] {
            let effects = machine.told(Self.list(number), by: .named(name), at: .zero)
            #expect(effects.isEmpty)
        }
        #expect(machine.lacking == ["a", "b", "c", "d"].map { .named($0) })
        let taken = machine.changed(to: Self.list(2), at: .seconds(1))
        let next = machine.answered(by: .named("a"), isTaken: true, at: .seconds(1))
        #expect(taken.isEmpty && next == Self.ask("b", 2))
        let last = machine.changed(to: Self.list(4), at: .seconds(1))
        let end = machine.answered(by: .named("b"), isTaken: true, at: .seconds(1))
        #expect(last.isEmpty && end.isEmpty && machine.deadline == nil)
    }

    @Test func `what was refused is not asked for again until somebody tells something else`() {
        var machine = CredentialGossip(own: Self.list(1))
        let first = machine.told(Self.list(2), by: .named("a"), at: .zero)
        let refused = machine.answered(by: .named("a"), isTaken: true, at: .zero)
        let later = machine.tick(at: .seconds(1000))
        #expect(first == Self.ask("a", 1) && refused.isEmpty && later.isEmpty && machine.deadline == nil)
        let again = machine.told(Self.list(3), by: .named("a"), at: .seconds(1000))
        #expect(again == Self.ask("a", 1))
    }

    @Test func `what was told meanwhile is asked for afterwards`() {
        var machine = CredentialGossip(own: Self.list(1))
        let first = machine.told(Self.list(2), by: .named("a"), at: .zero)
        let meanwhile = machine.told(Self.list(3), by: .named("a"), at: .zero)
        let taken = machine.changed(to: Self.list(2), at: .zero)
        let next = machine.answered(by: .named("a"), isTaken: true, at: .zero)
        #expect(first == Self.ask("a", 1) && meanwhile.isEmpty && taken.isEmpty && next == Self.ask("a", 2))
    }

    @Test func `who does not answer is asked again after 1, 2, 4 and at most 32 seconds, and others before`()
    {
        var machine = CredentialGossip(own: Self.list(1))
        var now = Duration.zero
        var asked = machine.told(Self.list(2), by: .named("a"), at: now)
        for wait in [1, 2, 4, 8, 16, 32, 32] as [Int64] {
            #expect(asked == Self.ask("a", 1))
            let failed = machine.answered(by: .named("a"), isTaken: false, at: now)
            #expect(failed.isEmpty && machine.deadline == now + .seconds(wait))
            let early = machine.tick(at: now + .seconds(wait) - .nanoseconds(1))
            #expect(early.isEmpty)
            now += .seconds(wait)
            asked = machine.tick(at: now)
        }
        // Silence counts as no answer; it is waited for longer each time.
        #expect(machine.deadline == now + CredentialGossip.answerTimeout * 8)
        let other = machine.told(Self.list(2), by: .named("b"), at: now)
        now += CredentialGossip.answerTimeout * 8
        let instead = machine.tick(at: now)
        #expect(other.isEmpty && instead == Self.ask("b", 1))
        let late = machine.answered(by: .named("a"), isTaken: true, at: now)
        #expect(late.isEmpty && machine.lacking == [.named("a"), .named("b")])
    }

    @Test func `own credentials that change by themselves are held against what others told`() {
        let tokens = (0..<16).map { UInt64($0) }
        var machine = CredentialGossip(own: CredentialSummary(tokens: tokens))
        let same = machine.told(CredentialSummary(tokens: tokens), by: .named("a"), at: .zero)
        #expect(same.isEmpty)
        var older = tokens
        older[3] = 99
        let own = CredentialSummary(tokens: older)
        let asked = machine.changed(to: own, at: .zero)
        #expect(asked == [.ask(.named("a"), having: own)])
        let unchanged = machine.answered(by: .named("a"), isTaken: true, at: .zero)
        let twice = machine.changed(to: own, at: .zero)
        #expect(unchanged.isEmpty && twice.isEmpty && machine.lacking.isEmpty)
    }

    @Test func `who is gone is forgotten, and the next one is asked`() {
        var machine = CredentialGossip(own: Self.list(1))
        let first = machine.told(Self.list(3), by: .named("a"), at: .zero)
        let second = machine.told(Self.list(2), by: .named("b"), at: .zero)
        let next = machine.forget(.named("a"), at: .zero)
        let none = machine.forget(.named("b"), at: .zero)
        #expect(first == Self.ask("a", 1) && second.isEmpty && next == Self.ask("b", 1) && none.isEmpty)
        #expect(machine.deadline == nil && machine.lacking.isEmpty)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `whatever is lost and late, in the end everybody has the newest list`(seed: UInt64) {
        var cluster = ListCluster(seed: seed)
        for _ in 0..<3 { cluster.publish() }
        cluster.run(until: .seconds(20), lossPerMille: 700)
        // Nobody tells twice: only what is asked again brings it.
        cluster.run(until: .seconds(200), lossPerMille: 0)
        #expect(Set(cluster.lists) == [3], "seed \(seed): \(cluster.lists)")
        #expect(cluster.machines.allSatisfy { $0.deadline == nil }, "seed \(seed)")
    }
}

/// Collectors that tell each other of lists over links that lose questions and answers, never what is told: a link that
/// loses that ends, and tells anew.
private struct ListCluster {
    private enum Event {
        case told(Int, by: Int, UInt64)
        case asked(Int, by: Int)
        case answer(Int, by: Int, UInt64)
        case tick(Int)
    }

    static let count = 5
    var machines = (0..<Self.count).map { _ in CredentialGossip(own: CredentialSummary(list: 0)) }
    var lists = [UInt64](repeating: 0, count: Self.count)
    private var random: SplitMix64
    private var queue: [(at: Duration, event: Event)] = []
    private var now = Duration.zero
    private var newest: UInt64 = 0

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    mutating func publish() {
        self.newest += 1
        self.take(self.newest, self.random.below(Self.count))
    }

    mutating func run(until end: Duration, lossPerMille: Int) {
        while let next = self.queue.indices.min(by: { self.queue[$0].at < self.queue[$1].at }),
            self.queue[next].at <= end
        {
            let (at, event) = self.queue.remove(at: next)
            self.now = max(self.now, at)
            let isLost = self.random.chance(perMille: lossPerMille)
            switch event {
            case .told(let node, let other, let number):
                self.perform(
                    self.machines[node].told(Self.summary(number), by: Self.name(other), at: self.now),
                    node
                )
            case .asked(let node, let other):
                if !isLost { self.send(.answer(other, by: node, self.lists[node])) }
            case .answer(let node, let other, let number) where !isLost:
                if number > self.lists[node] { self.take(number, node) }
                self.perform(
                    self.machines[node].answered(by: Self.name(other), isTaken: true, at: self.now),
                    node
                )
            case .answer: break
            case .tick(let node): self.perform(self.machines[node].tick(at: self.now), node)
            }
        }
        self.now = end
    }

    private mutating func take(_ number: UInt64, _ node: Int) {
        self.lists[node] = number
        for other in 0..<Self.count where other != node { self.send(.told(other, by: node, number)) }
        self.perform(self.machines[node].changed(to: Self.summary(number), at: self.now), node)
    }

    private mutating func perform(_ effects: [CredentialGossip.Effect], _ node: Int) {
        for case .ask(let name, _) in effects {
            for other in 0..<Self.count where Self.name(other) == name { self.send(.asked(other, by: node)) }
        }
        if let deadline = self.machines[node].deadline { self.queue.append((deadline, .tick(node))) }
    }

    private mutating func send(_ event: Event) {
        // What one connection tells stays in its order.
        let delay: Duration =
            if case .told = event { .milliseconds(50) } else { .milliseconds(self.random.below(300)) }
        self.queue.append((self.now + delay, event))
    }

    private static func name(_ number: Int) -> NodeID { NodeID(number: UInt(number)) }
    private static func summary(_ number: UInt64) -> CredentialSummary { CredentialSummary(list: number) }
}
