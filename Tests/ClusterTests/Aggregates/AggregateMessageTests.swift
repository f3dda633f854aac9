import Telemetry
import Testing

@testable import Cluster

@Suite struct AggregateMessageTests {
    @Test func `every message comes back from its bytes and every cut of it is refused`() throws {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            for message in Self.messages(&random) {
                if case .marks = message {
                } else {
                    try Self.expect(message, message.question, isQuestion: true)
                }
                if case .digests = message {
                } else {
                    try Self.expect(message, message.answer, isQuestion: false)
                }
            }
        }
    }

    @Test func `the bytes of version 1 never change`() {
        let digests = AggregateMessage.digests([
            .init(window: 300, count: 2, digest: 0x0102), .init(window: 301, count: 1, digest: 3),
        ])
        #expect(
            digests.question == [
                0x83, 1, 1, 2, 0xac, 2, 2, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 3, 0, 0, 0, 0, 0, 0, 0,
            ]
        )
        let mark = AggregateMark(slotCount: 5, digest: 6, isEstimated: false, isUnsettled: true)
        let marks = AggregateMessage.marks([.init(window: 7, marks: [.init(series: 8, mark: mark)])])
        #expect(
            marks.answer == [1, 1, 1, 7, 1, 8, 0, 0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0, 2]
        )
        let series = Series("m", unit: "", kind: .counter, subject: .service("s"))
        let entry = AggregateEntry(series: series, slotCount: 1, digest: 2, value: .counter(nano: 3))
        let entries = AggregateMessage.entries([.init(window: 7, lacked: [9], given: [entry])])
        let inner: [UInt8] = [0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0x73, 1, 0x6d, 0, 1, 0, 1, 0, 6]
        #expect(
            entries.question == [0x83, 1, 2, 1, 7, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 21] + inner
        )
    }

    @Test func `lengths that cannot be are refused before memory is taken`() {
        let many: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
        let questions: [[UInt8]] = [
            [0x83, 1, 1] + many, [0x83, 1, 1, 0x81, 8], [0x83, 1, 2, 1, 7] + many,
            [0x83, 1, 2, 1, 7, 0] + many, [0x83, 1, 2, 1, 7, 0, 1] + many,
            [UInt8](repeating: 0x83, count: AggregateMessage.questionBytesMax + 1),
        ]
        for bytes in questions {
            #expect(throws: WireFailure.self, "\(bytes.prefix(9))") {
                try AggregateMessage.question(bytes.raw)
            }
        }
        for bytes in [[1, 1, 1, 7] + many, [1, 2] + many] as [[UInt8]] {
            #expect(throws: WireFailure.self) { try AggregateMessage.answer(bytes.raw) }
        }
        let long = [UInt8](repeating: 1, count: AggregateMessage.answerBytesMax + 1)
        #expect(throws: WireFailure.tooMany(atByte: 0)) { try AggregateMessage.answer(long.raw) }
    }

    @Test func `other versions, kinds and orders are refused`() {
        let refused: [[UInt8]] = [
            [], [0x83], [0x82, 1, 1, 0], [0x83, 2, 1, 0], [0x83, 1, 0, 0], [0x83, 1, 3, 0],
            // A window twice; something behind the end.
            [0x83, 1, 2, 2, 7, 0, 0, 0, 0, 0], [0x83, 1, 1, 0, 9],
            // Hashes that do not ascend.
            [0x83, 1, 2, 1, 7, 2] + [UInt8](repeating: 0, count: 16) + [0],
            // An entry of no slots, and one of flags that do not exist.
            [
                0x83, 1, 2, 1, 7, 0, 1, 21, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0x73, 1, 0x6d, 0, 1, 0, 1, 0,
                6,
            ],
            [
                0x83, 1, 2, 1, 7, 0, 1, 21, 4, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0x73, 1, 0x6d, 0, 1, 0, 1, 0,
                6,
            ],
        ]
        for bytes in refused {
            #expect(throws: WireFailure.self, "\(bytes)") { try AggregateMessage.question(bytes.raw) }
        }
    }

    @Test func `more slots than there can be are refused`() throws {
        let series = Series("m", unit: "", kind: .counter, subject: .service("s"))
        for (count, isTaken) in [
            (AggregateEntry.slotCountMax, true), (AggregateEntry.slotCountMax + 1, false),
        ] {
            let entry = AggregateEntry(series: series, slotCount: count, digest: 2, value: .counter(nano: 3))
            let entries = AggregateMessage.entries([.init(window: 7, lacked: [], given: [entry])])
            #expect((try? AggregateMessage.question(entries.question.raw)) == (isTaken ? entries : nil))
            let marks = AggregateMessage.marks([.init(window: 7, marks: [.init(series: 8, mark: entry.mark)])]
            )
            #expect((try? AggregateMessage.answer(marks.answer.raw)) == (isTaken ? marks : nil))
        }
    }

    @Test func `damaged bytes give a message or a failure`() {
        for seed in UInt64(1)...3_000 {
            var random = SplitMix64(seed: seed)
            for message in Self.messages(&random) {
                var bytes = random.chance(perMille: 500) ? message.question : message.answer
                for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
                if let read = try? AggregateMessage.question(bytes.raw) {
                    #expect((try? AggregateMessage.question(read.question.raw)) == read, "seed \(seed)")
                }
                if let read = try? AggregateMessage.answer(bytes.raw) {
                    #expect((try? AggregateMessage.answer(read.answer.raw)) == read, "seed \(seed)")
                }
            }
        }
    }

    private static func expect(_ message: AggregateMessage, _ bytes: [UInt8], isQuestion: Bool) throws {
        func read(_ bytes: RawSpan) throws -> AggregateMessage {
            isQuestion ? try AggregateMessage.question(bytes) : try AggregateMessage.answer(bytes)
        }
        #expect(try read(bytes.raw) == message)
        for count in 0..<bytes.count where count < 40 || count % 17 == 0 {
            #expect(throws: WireFailure.self) { try read(bytes.raw.extracting(0..<count)) }
        }
    }

    private static func messages(_ random: inout SplitMix64) -> [AggregateMessage] {
        let windows = (0..<random.below(4)).map { UInt64(170_000_000 + 3 * $0) }
        func hashes() -> [UInt64] { (0..<random.below(4)).map { _ in random.next() }.sorted() }
        let digests = windows.map {
            AggregateMessage.Summary(window: $0, count: random.next() >> 40, digest: random.next())
        }
        let marks = windows.map { window in
            AggregateMessage.Marks(
                window: window,
                marks: hashes().map { hash in
                    let mark = AggregateMark(
                        slotCount: 1 + random.next() >> 30,
                        digest: random.next(),
                        isEstimated: random.chance(perMille: 500),
                        isUnsettled: random.chance(perMille: 500)
                    )
                    return .init(series: hash, mark: mark)
                }
            )
        }
        let entries = windows.map { window in
            let given = (0..<random.below(3)).map { _ in
                AggregateEntryTests.entry(AggregateSamples.kinds[random.below(4)], &random)
            }
            return AggregateMessage.Exchange(window: window, lacked: hashes(), given: given)
        }
        return [.digests(digests), .marks(marks), .entries(entries)]
    }
}
