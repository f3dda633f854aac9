import Glibc

/// A directory tree for one test, removed when the test lets go of it.
final class TemporaryTree: Sendable {
    /// The directory.
    let root: String

    /// Makes an empty tree; its root is empty text if the machine does not let us.
    init() {
        var template = Array("/tmp/neoscope-sensors-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
        }
        let path = template.dropLast().map { UInt8(bitPattern: $0) }
        self.root = made ? String(decoding: path, as: UTF8.self) : ""
    }

    deinit {
        guard !self.root.isEmpty else { return }
        Self.remove(self.root)
    }

    /// Writes a file and makes the directories above it.
    func write(_ path: String, _ text: String) {
        self.write(path, Array(text.utf8))
    }

    /// Writes a file and makes the directories above it.
    func write(_ path: String, _ bytes: [UInt8]) {
        var directory = self.root
        for part in path.split(separator: "/").dropLast() {
            directory += "/" + part
            _ = unsafe mkdir(directory, 0o755)
        }
        let file = self.root + "/" + path
        _ = unsafe unlink(file)
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        _ = close(descriptor)
    }

    /// Removes a file or a directory with all below it.
    func remove(_ path: String) {
        Self.remove(self.root + "/" + path)
    }

    private static func remove(_ path: String) {
        if let directory = unsafe opendir(path) {
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { Self.remove(path + "/" + name) }
            }
            _ = unsafe closedir(directory)
            _ = unsafe rmdir(path)
        } else {
            _ = unsafe unlink(path)
        }
    }
}
