internal import CZstd

/// Compresses with one reused context (RFC 8878).
@safe
package struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer?
    private let level: Int32

    /// Level 1 is the ingest path's; merges use more.
    package init(level: Int) {
        unsafe self.context = ZSTD_createCCtx()
        self.level = Int32(level)
    }

    /// Appends the compressed bytes; appends nothing and gives nil where they would not be smaller.
    package func compress(_ bytes: RawSpan, into output: inout [UInt8]) -> Int? {
        let start = output.count
        let written = self.compressAlways(bytes, into: &output)
        guard written > 0, written < bytes.byteCount else {
            output.removeLast(output.count - start)
            return nil
        }
        return written
    }

    /// Appends the compressed bytes, even where they are no fewer; zero only where zstd itself fails.
    package func compressAlways(_ bytes: RawSpan, into output: inout [UInt8]) -> Int {
        let start = output.count
        let bound = ZSTD_compressBound(bytes.byteCount)
        output.append(contentsOf: repeatElement(0, count: bound))
        let level = self.level
        let context = unsafe self.context
        let written = unsafe output.withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe ZSTD_compressCCtx(
                    context,
                    target.baseAddress.map { unsafe $0 + start },
                    bound,
                    source.baseAddress,
                    source.count,
                    level
                )
            }
        }
        guard ZSTD_isError(written) == 0 else {
            output.removeLast(bound)
            return 0
        }
        output.removeLast(bound - written)
        return written
    }

    deinit { unsafe ZSTD_freeCCtx(self.context) }
}

/// Decompression of payloads whose size the header states.
package enum Zstd {
    /// The raw bytes; nil where the input is damaged or does not give exactly `count` bytes.
    package static func decompress(_ bytes: RawSpan, count: Int) -> [UInt8]? {
        guard count >= 0, count <= FrameHeader.frameBytesMax else { return nil }
        var isWhole = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            let written = unsafe bytes.withUnsafeBytes { source in
                unsafe ZSTD_decompress(target.baseAddress, count, source.baseAddress, source.count)
            }
            isWhole = ZSTD_isError(written) == 0 && written == count
            filled = isWhole ? count : 0
        }
        return isWhole ? output : nil
    }
}
