import Pipeline
import Telemetry
import TestSupport
import Testing

@Suite struct HeadSamplerTests {
    @Test func `a trace that a smaller share keeps, every larger share keeps`() {
        let samplers = [0, 0.001, 0.1, 0.25, 0.5, 0.9, 1].map { HeadSampler(share: $0) }
        var random = SplitMix64(seed: 1)
        for _ in 0..<5000 {
            let trace = TraceID(high: random.next(), low: random.next())
            let state = ProbabilityState(randomness: random.one(in: 2) ? random.next() >> 8 : nil)
            let kept = samplers.map { $0.keeps(trace, state) }
            #expect(kept == kept.sorted { !$0 && $1 })
            #expect(!kept[0] && kept[6])
        }
    }

    @Test func `two hosts with the same share keep the same traces`() {
        var random = SplitMix64(seed: 2)
        let left = HeadSampler(share: 0.3)
        let right = HeadSampler(share: 0.3)
        for _ in 0..<2000 {
            let trace = TraceID(high: random.next(), low: random.next())
            #expect(left.keeps(trace, ProbabilityState()) == right.keeps(trace, ProbabilityState()))
            // Only the low 56 bits decide.
            let other = TraceID(high: random.next(), low: trace.low ^ 0xff00_0000_0000_0000)
            #expect(left.keeps(trace, ProbabilityState()) == left.keeps(other, ProbabilityState()))
        }
    }

    @Test(arguments: [0.01, 0.1, 0.5, 0.75])
    func `the share of kept traces is as asked`(_ share: Double) {
        var random = SplitMix64(seed: 3)
        let sampler = HeadSampler(share: share)
        var kept = 0
        for _ in 0..<50_000 where sampler.keeps(TraceID(high: 1, low: random.next()), ProbabilityState()) {
            kept += 1
        }
        let error = 4 * (share * (1 - share) / 50_000).squareRoot()
        #expect((Double(kept) / 50_000 - share).magnitude < error)
    }

    @Test func `shares outside are brought inside`() {
        let trace = TraceID(high: 1, low: 0)
        #expect(HeadSampler(share: 7).keepsAll && HeadSampler(share: .infinity).keepsAll)
        #expect(HeadSampler(share: .nan).keepsAll)
        #expect(!HeadSampler(share: -1).keeps(trace, ProbabilityState()))
        #expect(!HeadSampler(share: -1).keeps(TraceID(high: 1, low: .max), ProbabilityState()))
    }

    @Test func `the sender's randomness wins over the trace id`() {
        let sampler = HeadSampler(share: 0.5)
        let low = TraceID(high: 0, low: 0)
        #expect(!sampler.keeps(low, ProbabilityState()))
        #expect(sampler.keeps(low, ProbabilityState(randomness: 1 << 55)))
        #expect(!sampler.keeps(low, ProbabilityState(randomness: 1 << 55 - 1)))
    }
}
