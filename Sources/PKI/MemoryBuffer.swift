internal import COpenSSL

/// A memory buffer of OpenSSL, through which everything is read and written.
@safe final class MemoryBuffer {
    let pointer: OpaquePointer

    /// An empty one.
    init() throws(PKIFailure) {
        guard let pointer = unsafe BIO_new(BIO_s_mem()) else { throw .openSSL("no memory buffer") }
        unsafe self.pointer = pointer
    }

    /// One that holds bytes.
    convenience init(_ bytes: [UInt8]) throws(PKIFailure) {
        try self.init()
        let written = unsafe bytes.withUnsafeBytes {
            unsafe BIO_write(self.pointer, $0.baseAddress, Int32(clamping: $0.count))
        }
        guard Int(written) == bytes.count || bytes.isEmpty else { throw .openSSL("a buffer took too little") }
    }

    deinit { unsafe BIO_free(self.pointer) }

    /// Everything it holds.
    var bytes: [UInt8] {
        var start: UnsafeMutablePointer<CChar>?
        let count = unsafe neoscope_bio_bytes(self.pointer, &start)
        guard let start = unsafe start, count > 0 else { return [] }
        return unsafe UnsafeRawBufferPointer(start: start, count: count).map { $0 }
    }
}
