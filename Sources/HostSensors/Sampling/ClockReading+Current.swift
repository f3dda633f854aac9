import Glibc

extension ClockReading {
    /// The machine words of the kernel's `struct timex` on 64-bit Linux, with room for fields to come.
    static let wordCount = 32

    /// What the kernel says now; nil where asking is not allowed, as in some containers.
    static func current() -> ClockReading? {
        // Swift's view of glibc lacks <sys/timex.h>; the function itself is there.
        guard let symbol = unsafe dlsym(nil, "adjtimex") else { return nil }
        typealias Adjust = @convention(c) (UnsafeMutablePointer<Int64>) -> Int32
        let adjust = unsafe unsafeBitCast(symbol, to: Adjust.self)
        var words = [Int64](repeating: 0, count: Self.wordCount)
        let state = unsafe words.withUnsafeMutableBufferPointer { words in
            unsafe words.baseAddress.map { unsafe adjust($0) } ?? -1
        }
        return ClockReading(state: state, words: words)
    }

    /// Reads the kernel's answer.
    ///
    /// Word by word (little-endian): 1 offset, 2 frequency, 3 maximum error, 4 estimated error, 5 status (low
    /// half), 6 time constant, 11 tick, 20 offset of atomic time (low half).
    init?(state: Int32, words: [Int64]) {
        let timeError: Int32 = 5
        let statusNano: Int32 = 0x2000
        guard state >= 0, words.count >= Self.wordCount else { return nil }
        let status = Int32(truncatingIfNeeded: words[5])
        let offsetUnit = status & statusNano != 0 ? 1e9 : 1e6
        // The kernel's frequencies are parts per million, shifted by 16 bits.
        let frequencyUnit = 65_536_000_000.0
        self.isSynchronized = state != timeError
        self.offsetSeconds = Double(words[1]) / offsetUnit
        self.frequencyRatio = 1 + Double(words[2]) / frequencyUnit
        self.maximumErrorSeconds = Double(words[3]) / 1e6
        self.estimatedErrorSeconds = Double(words[4]) / 1e6
        self.status = status
        self.loopTimeConstant = Double(words[6])
        self.tickSeconds = Double(words[11]) / 1e6
        self.taiOffsetSeconds = Double(Int32(truncatingIfNeeded: words[20]))
    }
}
