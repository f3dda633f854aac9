internal import Foundation

/// Keeps other processes, and other threads of this one, from changing a file between its reading and its writing.
///
/// A lock (`flock`) on a file beside, which is made where there is none and stays, empty: the file itself is replaced at
/// each writing, and a lock on it would go with it. Whoever only reads needs none. It is let go of with the value, and by
/// the system where a process ends.
package struct FileLock: ~Copyable {
    /// Seconds that one waits for others before giving up: each holds it for the writing of a few small files.
    package static let patienceSeconds = 10.0

    private let descriptor: Int32

    /// Waits for the lock beside a file; blocking IO.
    ///
    /// - Parameters:
    ///   - path: The file, or any name that all who change it agree on; `.lock` is added.
    ///   - patience: Seconds to wait at most.
    /// - Throws: `notFound` where there is no such folder; `file` where the lock cannot be made, or where somebody holds
    ///   it for too long.
    package init(beside path: String, patience: Double = Self.patienceSeconds) throws(PKIFailure) {
        self.descriptor = try Self.take(path + ".lock", patience)
    }

    deinit { close(self.descriptor) }

    private static func take(_ lock: String, _ patience: Double) throws(PKIFailure) -> Int32 {
        let descriptor = unsafe open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            let number = errno
            throw PKIFailure(
                number == ENOENT ? .notFound : .file,
                "\(lock) could not be opened: \(unsafe String(cString: strerror(number)))"
            )
        }
        let end = ProcessInfo.processInfo.systemUptime + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            let isHeld = number == EINTR || number == EWOULDBLOCK
            guard isHeld, ProcessInfo.processInfo.systemUptime < end else {
                close(descriptor)
                let reason = isHeld ? "somebody else holds it" : unsafe String(cString: strerror(number))
                throw PKIFailure(.file, "\(lock) could not be locked: \(reason)")
            }
            usleep(10_000)
        }
        return descriptor
    }
}
