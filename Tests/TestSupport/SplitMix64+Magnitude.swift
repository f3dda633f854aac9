package import Telemetry

extension SplitMix64 {
    /// True in one of `count` cases.
    package mutating func one(in count: Int) -> Bool { self.below(count) == 0 }

    /// A number with a random count of bits, so that small and large ones are equally common.
    package mutating func anyMagnitude() -> UInt64 { self.next() >> UInt64(self.below(64)) }
}
