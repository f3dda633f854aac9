internal import CZlib

/// Gzip of whole bodies (RFC 1952).
enum Gzip {
    /// Compresses a body whole, fast rather than small; nil where zlib refuses.
    static func compress(_ input: [UInt8]) -> [UInt8]? {
        guard input.count <= UInt32.max else { return nil }
        var stream = unsafe z_stream()
        // 15 window bits, and 16 more for gzip's header and trailer.
        let status = unsafe deflateInit2_(
            &stream,
            Z_BEST_SPEED,
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

extension Gzip {
    /// Whether a request's Accept-Encoding allows gzip (RFC 9110, section 12.5.3); what names it counts before `*`.
    static func isAccepted(_ header: String) -> Bool {
        var byStar = false
        for part in header.split(separator: ",") {
            let fields = part.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            let weight = fields.dropFirst().first { $0.hasPrefix("q=") }
            let isWanted = weight.map { (Double($0.dropFirst(2)) ?? 0) > 0 } ?? true
            switch fields.first {
            case "gzip", "x-gzip": return isWanted
            case "*": byStar = isWanted
            default: break
            }
        }
        return byStar
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let head = text.drop(while: blank)
        return String(head.prefix(head.count - head.reversed().prefix(while: blank).count)).lowercased()
    }
}
