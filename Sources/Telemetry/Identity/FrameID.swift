/// The origin of everything one process start makes: 128 random bits.
package struct RunID: Hashable, Comparable, Sendable {
    package var high: UInt64
    package var low: UInt64

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

    package static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}

/// The name of a frame for all time: who made it, and its number there.
package struct FrameID: Hashable, Comparable, Sendable {
    package var run: RunID
    /// Counts up from 1 within a run.
    package var sequence: UInt64

    package init(run: RunID, sequence: UInt64) {
        self.run = run
        self.sequence = sequence
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.run == right.run ? left.sequence < right.sequence : left.run < right.run
    }
}
