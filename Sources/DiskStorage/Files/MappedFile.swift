internal import Glibc

/// A file mapped into memory for reading; unmapped when the last owner lets go.
///
/// The program never shortens a file that is mapped.
@safe
final class MappedFile: Sendable {
    nonisolated(unsafe) private let base: UnsafeRawPointer?
    let count: Int

    init(_ file: File) throws(StorageFailure) {
        self.count = try file.size()
        guard self.count > 0 else {
            unsafe self.base = nil
            return
        }
        let address = unsafe mmap(nil, self.count, PROT_READ, MAP_SHARED, file.descriptor, 0)
        guard unsafe address != MAP_FAILED, let address = unsafe address else {
            throw .system("mmap", file.path)
        }
        unsafe self.base = UnsafeRawPointer(address)
    }

    /// Lends the file's bytes for the length of a call.
    func withBytes<Value>(_ body: (RawSpan) throws -> Value) rethrows -> Value {
        let buffer = unsafe UnsafeRawBufferPointer(start: self.base, count: self.count)
        return try body(unsafe RawSpan(_unsafeBytes: buffer))
    }

    deinit {
        if let base = unsafe self.base {
            unsafe munmap(UnsafeMutableRawPointer(mutating: base), self.count)
        }
    }
}
