import Telemetry
import Testing

@testable import Cluster

/// Whom a node asks, when, and what it makes of the answers.
@Suite struct AggregateGossipTests {
    private typealias Samples = AggregateSamples

    @Test func `two others are asked each second, none twice at a time`() {
        var machine = Self.machine(peers: 5)
        #expect(machine.deadline == Self.time(1))
        let early = machine.tick(atSecond: 0.5)
        #expect(early.isEmpty)
        let first = machine.tick(atSecond: 1)
        #expect(Set(first.map(\.node)).count == 2 && machine.deadline == Self.time(2))
        let second = machine.tick(atSecond: 2)
        #expect(Set((first + second).map(\.node)).count == 4)
        let third = machine.tick(atSecond: 3)
        #expect(third.count == 1 && machine.counts.exchanges == 5)
        // The first two are given up after three seconds.
        let fourth = machine.tick(atSecond: 4)
        #expect(Set(fourth.map(\.node)) == Set(first.map(\.node)) && machine.counts.unanswered == 2)
        machine.unanswered(by: third[0].node, at: Self.time(4))
        machine.unanswered(by: third[0].node, at: Self.time(4))
        #expect(machine.counts.unanswered == 3)
    }

    @Test func `the same seed asks the same nodes, and all are asked in time`() {
        func asked(_ seed: UInt64) -> [NodeID] {
            var machine = Self.machine(peers: 9, seed: seed)
            return (1...40).flatMap { second -> [NodeID] in
                let effects = machine.tick(atSecond: Double(second))
                for effect in effects { machine.unanswered(by: effect.node, at: Self.time(Double(second))) }
                return effects.map(\.node)
            }
        }
        #expect(asked(1) == asked(1) && asked(1) != asked(2))
        #expect(Set(asked(3)).count == 9)
    }

    @Test func `a node alone asks nobody, and one that went is waited for no more`() {
        var machine = Self.machine(peers: 0)
        let alone = machine.tick(atSecond: 1)
        #expect(alone.isEmpty)
        machine = Self.machine(peers: 2)
        _ = machine.tick(atSecond: 1)
        machine.viewChanged(peers: [], isOwned: { _ in false }, at: Self.time(1))
        #expect(machine.deadline == Self.time(2))
        let effects = machine.tick(atSecond: 9)
        #expect(effects.isEmpty && machine.counts.unanswered == 0)
    }

    @Test func `an exchange brings both what the other has, in two questions`() throws {
        var (one, other) = (Self.machine(peers: 1), Self.machine(peers: 1, seed: 2))
        one.add(Samples.chunk(1), [Samples.slot(Samples.series(1), window: -2)], at: Self.time(0))
        one.add(Samples.chunk(2), [Samples.slot(Samples.series(2), window: -2)], at: Self.time(0))
        other.add(Samples.chunk(3), [Samples.slot(Samples.series(3), window: -3)], at: Self.time(0))
        other.add(Samples.chunk(1), [Samples.slot(Samples.series(1), window: -2)], at: Self.time(0))
        let questions1 = try Self.exchange(&one, &other, atSecond: 1)
        #expect(questions1 == 2)
        #expect(Samples.content(one.table) == Samples.content(other.table))
        #expect(Samples.content(one.table).values.map(\.count).sorted() == [1, 2])
        // What is alike is not asked for again, and what one has already does not travel.
        let questions2 = try Self.exchange(&one, &other, atSecond: 2)
        #expect(questions2 == 1)
        #expect(one.counts.entriesGiven == 1 && other.counts.entriesGiven == 1)
        #expect(one.counts.garbage == 0 && other.counts.garbage == 0)
    }

    @Test func `a window travels two seconds after its end, not before`() throws {
        var (one, other) = (Self.machine(peers: 1), Self.machine(peers: 1, seed: 2))
        one.add(Samples.chunk(1), [Samples.slot(Samples.series(1))], at: Self.time(0))
        for second in 1...11 {
            let questions3 = try Self.exchange(&one, &other, atSecond: Double(second))
            #expect(questions3 == 1)
        }
        #expect(Samples.content(other.table).isEmpty == true)
        let questions4 = try Self.exchange(&one, &other, atSecond: 12)
        #expect(questions4 == 2)
        #expect(Samples.content(other.table) == Samples.content(one.table))
    }

    @Test func `garbage is counted and changes nothing`() {
        var machine = Self.machine(peers: 1)
        machine.add(Samples.chunk(1), [Samples.slot(Samples.series(1), window: -2)], at: Self.time(0))
        let before = Samples.content(machine.table)
        var random = SplitMix64(seed: 4)
        for number in 1...500 {
            let bytes = (0..<random.below(60)).map { _ in UInt8(random.below(256)) }
            let garbage = AggregateMessage.question(of: bytes)
            let answer = machine.asked(garbage, at: Self.time(0))
            #expect(answer == nil)
            let effects = machine.tick(atSecond: Double(number))
            #expect(effects.count == 1)
            let next = machine.answered(by: effects[0].node, [9] + bytes, at: Self.time(Double(number)))
            #expect(next.isEmpty)
        }
        #expect(machine.counts.garbage == 1_000 && machine.counts.unanswered == 0)
        #expect(before.count == 1)
        // An answer that nobody asked for, or one of another kind of question.
        let entries = AggregateMessage.entries([]).answer
        let unasked = machine.answered(by: NodeID(number: 77), entries, at: Self.time(501))
        #expect(unasked.isEmpty && machine.counts.garbage == 1_000 && machine.counts.entriesTaken == 0)
    }

    @Test func `what does not fit in one exchange comes in the next ones`() throws {
        var (one, other) = (Self.machine(peers: 1), Self.machine(peers: 1, seed: 2))
        // Five windows of 900 long series each: about 4 MB, of which a question takes half a mebibyte.
        for window in 2...6 {
            let slots = (0..<900).map { number in
                var series = Samples.series(number)
                series.unit = String(repeating: "u", count: 900)
                return Samples.slot(series, window: -window)
            }
            one.add(Samples.chunk(UInt64(window)), slots, at: Self.time(0))
        }
        var rounds = 0
        while Samples.content(one.table) != Samples.content(other.table), rounds < 20 {
            rounds += 1
            _ = try Self.exchange(&one, &other, atSecond: Double(rounds))
        }
        #expect((2...12).contains(rounds), "\(rounds)")
        // Asked from the other side, an answer takes four.
        var third = Self.machine(peers: 1, seed: 3)
        let questions5 = try Self.exchange(&third, &other, atSecond: 20)
        #expect(questions5 == 2)
        let questions6 = try Self.exchange(&third, &other, atSecond: 21)
        #expect(questions6 <= 2)
        #expect(Samples.content(third.table) == Samples.content(one.table))
    }

    @Test func `questions of this machine are told from others`() {
        #expect(AggregateGossip.isAsked(by: [0x83, 9]) && !AggregateGossip.isAsked(by: [0x81, 1]))
        #expect(!AggregateGossip.isAsked(by: []))
    }

    // MARK: - Support

    /// Plays one exchange; gives the number of questions.
    private static func exchange(
        _ asker: inout AggregateGossip,
        _ other: inout AggregateGossip,
        atSecond second: Double
    ) throws -> Int {
        var effects = asker.tick(atSecond: second)
        var questions = 0
        while let effect = effects.first {
            questions += 1
            #expect(effect.bytes.count <= 1 << 20 && AggregateGossip.isAsked(by: effect.bytes))
            let answered = other.asked(effect.bytes, at: Self.time(second))
            let answer = try #require(answered)
            #expect(answer.count <= 4 << 20)
            effects = asker.answered(by: effect.node, answer, at: Self.time(second))
        }
        return questions
    }

    private static func machine(peers: UInt, seed: UInt64 = 1) -> AggregateGossip {
        var machine = AggregateGossip(seed: seed, at: Samples.epoch)
        let others = (0..<peers).map { NodeID(number: $0) }
        machine.viewChanged(peers: others, isOwned: { _ in true }, at: Samples.epoch)
        return machine
    }

    fileprivate static func time(_ second: Double) -> ClusterTime {
        Samples.epoch.advanced(byNanoseconds: Int64(second * 1e9))
    }
}

extension AggregateMessage {
    /// A question of a kind that there is not.
    fileprivate static func question(of bytes: [UInt8]) -> [UInt8] { [0x83, 1, 9] + bytes }
}

extension AggregateGossip {
    fileprivate mutating func tick(atSecond second: Double) -> [Effect] {
        self.tick(at: AggregateGossipTests.time(second))
    }
}

extension AggregateGossip.Effect {
    var node: NodeID {
        switch self {
        case .ask(let node, _): node
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .ask(_, let bytes): bytes
        }
    }
}
