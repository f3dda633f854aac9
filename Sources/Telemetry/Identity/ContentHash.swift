internal import CXXHash

/// XXH3, the one hash that is written to disk, sent to peers or used for placement (xxHash specification 0.2).
package enum ContentHash {
    /// Fixed for all time: every node must place a key alike.
    package static let placementSeed: UInt64 = 0x6e65_6f73_636f_7065

    /// XXH3-64 over a run of bytes.
    package static func hash64(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe neoscope_xxh3_64(buffer.baseAddress, buffer.count, seed)
        }
    }

    /// XXH3-64 over the 16 bytes of two big-endian words.
    package static func hash64(_ high: UInt64, _ low: UInt64, seed: UInt64 = 0) -> UInt64 {
        var words = (high.bigEndian, low.bigEndian)
        return unsafe withUnsafeBytes(of: &words) { buffer in
            unsafe neoscope_xxh3_64(buffer.baseAddress, buffer.count, seed)
        }
    }

    /// XXH3-128 over a run of bytes.
    package static func hash128(_ bytes: RawSpan) -> (high: UInt64, low: UInt64) {
        let hash = unsafe bytes.withUnsafeBytes { buffer in
            unsafe neoscope_xxh3_128(buffer.baseAddress, buffer.count)
        }
        return (hash.high64, hash.low64)
    }
}
