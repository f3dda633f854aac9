/// A small seeded generator: the same numbers for the same seed on every machine.
///
/// 64 bits of state, each step a Weyl sequence and a finalizer (Steele, Lea, Flood: "Fast Splittable Pseudorandom
/// Number Generators", 2014). One generator gives no number twice within 2^64 steps, so ids drawn from one are
/// unique. Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Equatable, Sendable {
    private var state: UInt64

    /// Starts a row of numbers; any seed will do, zero too.
    package init(seed: UInt64) { self.state = seed }

    /// The next 64 bits, all equally random.
    package mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mixed(self.state)
    }

    /// A generator of its own for a part of the work, so that a draw added there does not reshuffle the rest.
    package mutating func fork() -> SplitMix64 { SplitMix64(seed: self.next()) }

    /// Scatters the bits of a number; distinct numbers give distinct results.
    package static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
