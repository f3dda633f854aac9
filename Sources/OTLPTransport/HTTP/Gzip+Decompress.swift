internal import CZlib
internal import Compression
internal import NIOCore

extension Gzip {
    enum Failure: Error, Equatable {
        /// The bytes are not a whole gzip stream.
        case damaged
        /// More would come out than allowed: a bomb, or a batch that is too large.
        case tooLarge
    }

    /// Decompresses a body into one buffer; stops as soon as more than `limit` bytes come out.
    static func decompress(
        _ input: ByteBuffer,
        limit: Int,
        allocator: ByteBufferAllocator
    ) throws(Failure) -> ByteBuffer {
        var output = allocator.buffer(capacity: min(limit, max(4096, input.readableBytes * 4)))
        var stream = unsafe z_stream()
        // 15 window bits, and 16 more to demand gzip's header and trailer.
        guard unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            throw .damaged
        }
        defer { unsafe inflateEnd(&stream) }
        let outcome = unsafe input.withUnsafeReadableBytes { source -> Failure? in
            unsafe stream.next_in = UnsafeMutablePointer(
                mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self)
            )
            unsafe stream.avail_in = UInt32(clamping: source.count)
            while true {
                var status = Z_OK
                let room = min(max(64 << 10, output.writableBytes), limit + 1 - output.readableBytes)
                unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                    unsafe stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.avail_out = UInt32(clamping: min(room, target.count))
                    let before = unsafe stream.avail_out
                    status = unsafe inflate(&stream, Z_NO_FLUSH)
                    return unsafe Int(before - stream.avail_out)
                }
                if output.readableBytes > limit { return .tooLarge }
                if status == Z_STREAM_END {
                    if unsafe stream.avail_in == 0 { return nil }
                    // Several members may follow each other (RFC 1952, section 2.2).
                    guard unsafe inflateReset(&stream) == Z_OK else { return .damaged }
                    continue
                }
                guard status == Z_OK else { return .damaged }
            }
        }
        if let outcome { throw outcome }
        return output
    }
}
