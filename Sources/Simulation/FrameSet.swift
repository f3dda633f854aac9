internal import Telemetry

/// Frames, as bits by run and sequence: so that whole sets are compared each virtual second.
package struct FrameSet: Equatable, Sendable {
    /// Words of 64 sequences each, by number of the run.
    private var words: [[UInt64]] = []
    /// How many there are.
    package private(set) var count = 0

    /// No frames.
    init() {}

    /// Whether a frame is among them.
    func contains(_ id: FrameID) -> Bool {
        let (run, word, bit) = Self.place(of: id)
        guard run < self.words.count, word < self.words[run].count else { return false }
        return self.words[run][word] & bit != 0
    }

    /// Adds a frame.
    ///
    /// - Returns: False where it was there.
    @discardableResult mutating func insert(_ id: FrameID) -> Bool {
        let (run, word, bit) = Self.place(of: id)
        while self.words.count <= run { self.words.append([]) }
        if self.words[run].count <= word {
            self.words[run] += repeatElement(0, count: word + 1 - self.words[run].count)
        }
        guard self.words[run][word] & bit == 0 else { return false }
        self.words[run][word] |= bit
        self.count += 1
        return true
    }

    /// Takes a frame out.
    mutating func remove(_ id: FrameID) {
        guard self.contains(id) else { return }
        let (run, word, bit) = Self.place(of: id)
        self.words[run][word] &= ~bit
        self.count -= 1
    }

    /// Adds all frames of another set.
    mutating func formUnion(_ other: FrameSet) {
        while self.words.count < other.words.count { self.words.append([]) }
        for run in other.words.indices {
            let lacking = other.words[run].count - self.words[run].count
            if lacking > 0 { self.words[run] += repeatElement(0, count: lacking) }
            for word in other.words[run].indices {
                self.count -= self.words[run][word].nonzeroBitCount
                self.words[run][word] |= other.words[run][word]
                self.count += self.words[run][word].nonzeroBitCount
            }
        }
    }

    /// Takes all frames of another set out.
    mutating func subtract(_ other: FrameSet) {
        for run in self.words.indices where run < other.words.count {
            for word in self.words[run].indices where word < other.words[run].count {
                let gone = self.words[run][word] & other.words[run][word]
                guard gone != 0 else { continue }
                self.words[run][word] &= ~gone
                self.count -= gone.nonzeroBitCount
            }
        }
    }

    /// All of them, by run and sequence.
    var all: [(run: Int, sequence: UInt64)] { self.missing(from: []) }

    /// Those of this set that fewer than so many of the others have, 1 to 5, by run and sequence.
    func missing(from others: [FrameSet], times: Int = 1) -> [(run: Int, sequence: UInt64)] {
        var missing: [(run: Int, sequence: UInt64)] = []
        // Of each frame of a word: whether one has it, two, and so on.
        var had = [UInt64](repeating: 0, count: max(1, times))
        for run in self.words.indices {
            for word in self.words[run].indices where self.words[run][word] != 0 {
                for level in had.indices { had[level] = 0 }
                for other in others {
                    let bits = other.word(run, word)
                    for level in had.indices.dropFirst().reversed() { had[level] |= had[level - 1] & bits }
                    had[0] |= bits
                }
                var left = self.words[run][word] & ~(had.last ?? 0)
                while left != 0 {
                    missing.append((run, UInt64(word * 64 + left.trailingZeroBitCount)))
                    left &= left - 1
                }
            }
        }
        return missing
    }

    private func word(_ run: Int, _ word: Int) -> UInt64 {
        run < self.words.count && word < self.words[run].count ? self.words[run][word] : 0
    }

    private static func place(of id: FrameID) -> (run: Int, word: Int, bit: UInt64) {
        (Int(id.run.low), Int(id.sequence / 64), 1 << (id.sequence % 64))
    }
}
