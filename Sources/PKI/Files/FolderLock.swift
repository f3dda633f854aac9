internal import Foundation

/// Keeps other processes, and other threads of this one, from changing a folder's files between their reading and their
/// writing.
///
/// A lock (`flock`) on the folder itself, so that nothing is left behind and nobody's file mode matters: each file is
/// replaced at each writing, and a lock on it would go with it. Whoever only reads needs none. It does not nest. It is let
/// go of with the value, and by the system where a process ends. On a file system without such locks, as some that are
/// shared, nobody is kept out; what is written is whole there too.
package struct FolderLock: ~Copyable {
    /// Seconds that one waits for others before giving up: each holds it for the writing of a few small files.
    package static let patienceSeconds = 10.0

    private let descriptor: Int32

    /// Waits for the lock of a folder; blocking IO.
    ///
    /// - Parameters:
    ///   - folder: Where the files are; empty for the present one.
    ///   - patience: Seconds to wait at most.
    /// - Throws: `notFound` where there is no such folder; `file` where it may not be read, or where somebody holds the lock
    ///   for too long.
    package init(_ folder: String, patience: Double = Self.patienceSeconds) throws(PKIFailure) {
        self.descriptor = try Self.take(folder.isEmpty ? "." : folder, patience)
    }

    deinit { close(self.descriptor) }

    private static func take(_ folder: String, _ patience: Double) throws(PKIFailure) -> Int32 {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let number = errno
            throw PKIFailure(
                number == ENOENT ? .notFound : .file,
                "\(folder) could not be opened: \(unsafe String(cString: strerror(number)))"
            )
        }
        let end = ProcessInfo.processInfo.systemUptime + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            guard number == EINTR || number == EWOULDBLOCK else { return descriptor }
            guard ProcessInfo.processInfo.systemUptime < end else {
                close(descriptor)
                throw PKIFailure(.file, "\(folder) is being changed by another process")
            }
            usleep(10_000)
        }
        return descriptor
    }
}
