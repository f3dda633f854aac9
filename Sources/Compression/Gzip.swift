internal import CZlib

/// Gzip of whole bodies (RFC 1952).
package enum Gzip {
    /// Compresses a body whole.
    ///
    /// - Parameters:
    ///   - input: At most 4 GiB less one byte.
    ///   - isFast: Whether speed matters more than size.
    /// - Returns: One gzip member; nil where zlib refuses.
    package static func compress(_ input: [UInt8], isFast: Bool = false) -> [UInt8]? {
        guard input.count <= UInt32.max else { return nil }
        var stream = unsafe z_stream()
        // 15 window bits, and 16 more for gzip's header and trailer.
        let status = unsafe deflateInit2_(
            &stream,
            isFast ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION,
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        let bound = unsafe Int(deflateBound(&stream, UInt(input.count)))
        var isWhole = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, filled in
            unsafe input.withUnsafeBufferPointer { source in
                unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.avail_in = UInt32(source.count)
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(clamping: bound)
                isWhole = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
                filled = unsafe min(bound, Int(UInt32.max)) - Int(stream.avail_out)
            }
        }
        return isWhole ? output : nil
    }
}
