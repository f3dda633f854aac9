internal import Telemetry

/// Frames of agents, as bits by agent and sequence: so that whole sets are compared each virtual second.
package struct FrameSet: Equatable, Sendable {
    /// Words of 64 sequences each, by number of the agent.
    private var words: [[UInt64]] = []
    /// How many there are.
    package private(set) var count = 0

    /// No frames.
    init() {}

    /// Whether a frame is among them.
    func contains(_ id: FrameID) -> Bool {
        let (agent, word, bit) = Self.place(of: id)
        guard agent < self.words.count, word < self.words[agent].count else { return false }
        return self.words[agent][word] & bit != 0
    }

    /// Adds a frame.
    ///
    /// - Returns: False where it was there.
    @discardableResult mutating func insert(_ id: FrameID) -> Bool {
        let (agent, word, bit) = Self.place(of: id)
        while self.words.count <= agent { self.words.append([]) }
        if self.words[agent].count <= word {
            self.words[agent] += repeatElement(0, count: word + 1 - self.words[agent].count)
        }
        guard self.words[agent][word] & bit == 0 else { return false }
        self.words[agent][word] |= bit
        self.count += 1
        return true
    }

    /// Those of this set that none of the others has, by agent and sequence.
    func missing(from others: [FrameSet]) -> [(agent: Int, sequence: UInt64)] {
        var missing: [(agent: Int, sequence: UInt64)] = []
        for agent in self.words.indices {
            for word in self.words[agent].indices {
                var left = self.words[agent][word]
                for other in others where left != 0 { left &= ~other.word(agent, word) }
                while left != 0 {
                    missing.append((agent, UInt64(word * 64 + left.trailingZeroBitCount)))
                    left &= left - 1
                }
            }
        }
        return missing
    }

    private func word(_ agent: Int, _ word: Int) -> UInt64 {
        agent < self.words.count && word < self.words[agent].count ? self.words[agent][word] : 0
    }

    private static func place(of id: FrameID) -> (agent: Int, word: Int, bit: UInt64) {
        (Int(id.run.low), Int(id.sequence / 64), 1 << (id.sequence % 64))
    }
}
