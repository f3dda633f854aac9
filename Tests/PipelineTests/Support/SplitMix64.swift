/// The tests' random numbers: the same for the same seed, everywhere.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// A number below a bound.
    mutating func below(_ bound: Int) -> Int { Int(self.next() % UInt64(max(bound, 1))) }

    /// True in one of `count` cases.
    mutating func one(in count: Int) -> Bool { self.below(count) == 0 }

    /// A number with a random count of bits, so that small and large ones are equally common.
    mutating func anyMagnitude() -> UInt64 { self.next() >> UInt64(self.below(64)) }
}
