/// The origin of everything one process start makes: 128 random bits.
package struct RunID: Hashable, Comparable, Sendable {
    /// The first eight bytes.
    package var high: UInt64
    /// The last eight bytes.
    package var low: UInt64

    /// A known run.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws a run id; the caller passes the system's generator, a test a seeded one.
    package init(using random: inout some RandomNumberGenerator) {
        self.init(high: random.next(), low: random.next())
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String { Hex.text(self.high) + Hex.text(self.low) }

    /// Orders as the bytes do.
    package static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

/// The name of a frame for all time: who made it, and its number there.
package struct FrameID: Hashable, Comparable, Sendable {
    /// Who made it.
    package var run: RunID
    /// Counts up from 1 within a run.
    package var sequence: UInt64

    /// The name of a known frame.
    package init(run: RunID, sequence: UInt64) {
        self.run = run
        self.sequence = sequence
    }

    /// Orders by run, then by number.
    package static func < (left: Self, right: Self) -> Bool {
        left.run == right.run ? left.sequence < right.sequence : left.run < right.run
    }
}
