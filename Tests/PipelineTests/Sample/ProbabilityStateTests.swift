import Pipeline
import Telemetry
import Testing

@Suite struct ProbabilityStateTests {
    private struct Vector {
        var text: String
        var randomness: UInt64?
        var threshold: UInt64?
        var weight: UInt64
    }

    private static let vectors: [Vector] = [
        Vector(text: "ot=th:8", threshold: 0x80_0000_0000_0000, weight: 2),
        Vector(text: "ot=th:0", threshold: 0, weight: 1),
        Vector(text: "ot=rv:ffffffffffffff", randomness: 0xff_ffff_ffff_ffff, weight: 1),
        Vector(text: "ot=th:c;rv:00000000000001", randomness: 1, threshold: 0xc0_0000_0000_0000, weight: 4),
        Vector(text: "vendor=1, ot=th:8 ,x=y", threshold: 0x80_0000_0000_0000, weight: 2),
        Vector(text: "a=b,ot=other:1;th:fd70a4", threshold: 0xfd_70a4_0000_0000, weight: 100),
        Vector(text: "ot=th:ffffffffffffff", threshold: 0xff_ffff_ffff_ffff, weight: 0x100_0000_0000_0000),
        Vector(text: "\tot=th:8", threshold: 0x80_0000_0000_0000, weight: 2),
    ]

    @Test func `a well-formed state is read`() {
        for vector in Self.vectors {
            let state = ProbabilityState(Array(vector.text.utf8).raw)
            #expect(state.randomness == vector.randomness, "\(vector.text)")
            #expect(state.threshold == vector.threshold, "\(vector.text)")
            #expect(state.weight == vector.weight, "\(vector.text)")
        }
    }

    @Test(arguments: [
        "", "o", "ot", "ot=", "ot=;", "ot=th", "ot=th:", "ot=th:x", "ot=th:123456789abcdef", "ot=rv:1",
        "ot=rv:fffffffffffff", "ot=rv:fffffffffffffff", "ot=rv:fffffffffffffg", "xot=th:8", "ot:th=8",
        "OT=th:8",
        "a=ot=th:8", ",,,,", "ot=th:-8", "ot=th:\u{0}", "größe=1",
    ])
    func `anything else says nothing and weighs one`(_ text: String) {
        let state = ProbabilityState(Array(text.utf8).raw)
        #expect(state == ProbabilityState())
        #expect(state.weight == 1)
    }

    @Test func `random bytes never trap and weights stay in range`() {
        var random = SplitMix64(seed: 6)
        let alphabet = Array("ot=hrv:;, 0123456789abcdefg".utf8)
        for _ in 0..<20_000 {
            let bytes =
                Array("ot=".utf8) + (0..<random.below(30)).map { _ in alphabet[random.below(alphabet.count)] }
            let state = ProbabilityState(bytes.raw)
            #expect((1...(1 << 56)).contains(state.weight))
        }
    }
}
