import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct TailRulesTests {
    @Test(arguments: [0.0, 0.1, 0.5, 0.9, 1.0])
    func `the share of random ids that stays is the share`(_ share: Double) {
        var random = SplitMix64(seed: 1)
        let rules = TailRules(share: share)
        let kept = (0..<20_000).count { _ in rules.isInShare(Key(high: random.next(), low: random.next())) }
        #expect(abs(Double(kept) / 20_000 - share) < 0.015)
        #expect(rules.keepsAll == (share == 1))
    }

    @Test func `the low fifty-six bits decide alone, and a smaller share is part of a larger one`() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<500 {
            let key = Key(high: random.next(), low: random.next())
            let other = Key(high: random.next(), low: key.low ^ UInt64(random.below(256)) << 56)
            #expect(TailRules(share: 0.3).isInShare(key) == TailRules(share: 0.3).isInShare(other))
            if TailRules(share: 0.2).isInShare(key) { #expect(TailRules(share: 0.6).isInShare(key)) }
        }
    }

    @Test(arguments: [(-1.0, 0.0), (7.0, 1.0), (.nan, 1.0), (.infinity, 1.0)])
    func `a share outside its range is put inside it`(_ share: Double, _ expected: Double) {
        #expect(TailRules(share: share).share == expected)
        _ = TailRules(share: share).isInShare(Key(high: 1, low: 1))
    }

    @Test func `the slowest twentieth of an operation is slow once twenty are known`() {
        var bars = TailRules.SlowBars()
        #expect(!bars.isSlow(service: "a", rootName: "x", nanoseconds: .max))
        for number in UInt64(1)...19 {
            bars.note(service: "a", rootName: "x", nanoseconds: number * 1_000_000)
        }
        #expect(!bars.isSlow(service: "a", rootName: "x", nanoseconds: .max))
        for number in UInt64(20)...100 {
            bars.note(service: "a", rootName: "x", nanoseconds: number * 1_000_000)
        }
        #expect(bars.isSlow(service: "a", rootName: "x", nanoseconds: 100_000_000))
        #expect(!bars.isSlow(service: "a", rootName: "x", nanoseconds: 50_000_000))
        #expect(!bars.isSlow(service: "a", rootName: "y", nanoseconds: .max))
        #expect(!bars.isSlow(service: nil, rootName: nil, nanoseconds: .max))
    }

    private static func interest(_ attributes: [[String: String]]) throws -> (isFlagged: Bool, tokens: Double)
    {
        let spans = attributes.enumerated().map {
            TestSpan(trace: TraceID(high: 1, low: 1), span: UInt64($0 + 1), attributes: $1)
        }
        let frame = try #require(try TestEdge().spans(spans).first)
        let payload = try frame.frame.payload(frame.bytes.raw)
        return TailRules().interest(of: payload, try #require(frame.frame.entries.first))
    }

    @Test func `tokens of all spans add, and a flag is seen`() throws {
        let plain = try Self.interest([["a": "b"]])
        #expect(!plain.isFlagged && plain.tokens == 0)
        let costly = try Self.interest([
            ["gen_ai.usage.input_tokens": "30000"], ["gen_ai.usage.output_tokens": "20000"],
        ])
        #expect(costly.tokens == 50_000 && !costly.isFlagged)
        #expect(try Self.interest([[:], ["neoscope.keep": "1"]]).isFlagged)
        #expect(try !Self.interest([["neoscope.keep": "0"]]).isFlagged)
    }

    @Test(arguments: ["nan", "-5", "inf", "many"])
    func `tokens that are no count do not hide those that are`(_ text: String) throws {
        let interest = try Self.interest([
            ["gen_ai.usage.input_tokens": text], ["gen_ai.usage.output_tokens": "7"],
        ])
        #expect(interest.tokens == 7)
    }

    @Test func `an ordinary name is no flag`() throws {
        #expect(try !Self.interest([["traceloop.entity.name": "5"]]).isFlagged)
    }
}
