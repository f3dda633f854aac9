package import Telemetry

/// Tells, without reading a file, that a key is not in a segment.
///
/// A Bloom filter with 10 bits and 7 probes a key: about 0.8 % of absent keys look present. Probes come from
/// double hashing of ``KeyTable/word(of:)``: senders with short trace ids leave half of the key zero.
package struct KeyFilter: Equatable, Sendable {
    private var words: [UInt64]

    /// An empty filter for a number of keys.
    package init(keyCount: Int) {
        self.words = Array(repeating: 0, count: max(1, (keyCount * 10 + 63) / 64))
    }

    /// The filter whose bits a file has; no words make one that contains nothing.
    package init(words: [UInt64]) { self.words = words.isEmpty ? [0] : words }

    /// The filter's bits, for its file.
    package var bits: [UInt64] { self.words }

    /// Adds a key.
    package mutating func insert(_ key: Key) {
        let word = KeyTable.word(of: key)
        for probe in 0..<7 {
            let bit = self.bit(word, UInt64(probe))
            self.words[bit >> 6] |= 1 << UInt64(bit & 63)
        }
    }

    /// False means certainly absent.
    package func mayContain(_ key: Key) -> Bool {
        let word = KeyTable.word(of: key)
        for probe in 0..<7 {
            let bit = self.bit(word, UInt64(probe))
            if self.words[bit >> 6] >> UInt64(bit & 63) & 1 == 0 { return false }
        }
        return true
    }

    private func bit(_ word: UInt64, _ probe: UInt64) -> Int {
        let second = (word &* 0xc2b2_ae3d_27d4_eb4f) | 1
        let hash = word &+ probe &* second
        return Int(truncatingIfNeeded: (hash >> 16) % (UInt64(self.words.count) * 64))
    }
}
