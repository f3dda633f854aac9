import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct PostingsTests {
    @Test(arguments: UInt64(1)...30)
    func `ascending chunks come back, each once`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var chunk = UInt32(truncatingIfNeeded: random.below(3))
        var postings = Postings()
        var expected: [UInt32] = []
        for _ in 0..<random.below(300) {
            for _ in 0...random.below(2) { postings.add(chunk) }
            expected.append(chunk)
            chunk += UInt32(truncatingIfNeeded: 1 + random.below(random.chance(perMille: 100) ? 1 << 20 : 4))
        }
        #expect(postings.chunks == expected)
        #expect(postings.count == expected.count)
        #expect(Postings.chunks(postings.bytes.raw) == expected)
    }

    @Test func `the first chunk and the last possible one have their place`() {
        var postings = Postings()
        for chunk in [0, 0, 1, UInt32.max - 1, UInt32.max - 1] as [UInt32] { postings.add(chunk) }
        #expect(postings.chunks == [0, 1, .max - 1])
    }

    @Test func `a damaged list ends where it breaks`() {
        for (bytes, chunks) in [([5, 1, 0x80], [5, 6]), ([], [])] as [([UInt8], [UInt32])] {
            #expect(Postings.chunks(bytes.raw) == chunks)
        }
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let noise = Damage.noise(random.below(100), &random)
            #expect(Postings.chunks(noise.raw).count <= noise.count)
        }
    }
}
