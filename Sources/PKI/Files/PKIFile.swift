internal import Foundation

/// Whole small files: read within a bound, written so that nobody ever reads half of one.
enum PKIFile {
    /// Bytes of the longest file that is read: enough for 100,000 revoked certificates.
    static let bytesMax = 16 << 20

    /// Reads a regular file.
    ///
    /// - Throws: `notFound` where there is none; `file` where it may not be read, is no file, or is too long.
    static func read(_ path: String, bytesMax: Int = Self.bytesMax) throws(PKIFailure) -> [UInt8] {
        // Without waiting: opening a named pipe would not return before somebody writes to it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let number = errno
            guard number != ENOENT else { throw PKIFailure(.notFound, "\(path) is not there") }
            throw Self.failure(path, "may not be read", number)
        }
        defer { close(descriptor) }
        guard let facts = FileFacts(descriptor: descriptor), facts.isRegular else {
            throw PKIFailure(.file, "\(path) is no file")
        }
        guard facts.bytes <= bytesMax else {
            throw PKIFailure(.file, "\(path) has \(facts.bytes) bytes, expected at most \(bytesMax)")
        }
        var content = [UInt8](repeating: 0, count: Int(facts.bytes))
        var done = 0
        while done < content.count {
            let count = unsafe content.withUnsafeMutableBytes { buffer in
                unsafe Foundation.read(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + done },
                    buffer.count - done
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(path, "may not be read", errno) }
            // It became shorter meanwhile; what is missing shows in what it says.
            guard count > 0 else { break }
            done += count
        }
        return Array(content.prefix(done))
    }

    /// Writes beside the name, syncs and renames; a secret is its owner's only, from the first byte on.
    static func write(_ bytes: [UInt8], to path: String, isSecret: Bool = false) throws(PKIFailure) {
        // A name of its own: two who write at once do not meet, and no link that waits there is followed.
        let beside = "\(path).tmp-\(Bytes.hexadecimal(try Bytes.random(8)))"
        let mode: mode_t = isSecret ? 0o600 : 0o644
        let descriptor = unsafe open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw Self.failure(path, "could not be written", errno) }
        let problem = Self.fill(descriptor, bytes, mode)
        Self.keepOwner(of: path, descriptor)
        close(descriptor)
        if let problem {
            _ = unsafe unlink(beside)
            throw Self.failure(path, "could not be written", problem)
        }
        guard unsafe rename(beside, path) == 0 else {
            let number = errno
            _ = unsafe unlink(beside)
            throw Self.failure(path, "could not be written", number)
        }
        Self.syncFolder(of: path)
    }

    /// Gives a file another name; one that is not there is left so.
    static func setAside(_ path: String, as other: String) throws(PKIFailure) {
        guard unsafe rename(path, other) != 0, errno != ENOENT else { return }
        throw Self.failure(path, "could not be set aside", errno)
    }

    /// Makes a folder that only its owner enters, with those above it.
    static func makeFolder(_ path: String) throws(PKIFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch { throw PKIFailure(.file, "\(path) could not be made: \(error.localizedDescription)") }
    }

    /// The number of the error that came; nil where everything is on the disk.
    private static func fill(_ descriptor: Int32, _ bytes: [UInt8], _ mode: mode_t) -> Int32? {
        // The process's mask does not decide who may read a certificate.
        guard fchmod(descriptor, mode) == 0 else { return errno }
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Foundation.write(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + done },
                    buffer.count - done
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            done += count
        }
        return fsync(descriptor) == 0 ? nil : errno
    }

    /// A file that the superuser changes stays its owner's: a node that runs as somebody else has to read it.
    private static func keepOwner(of path: String, _ descriptor: Int32) {
        var old = stat()
        guard geteuid() == 0, unsafe lstat(path, &old) == 0 else { return }
        _ = fchown(descriptor, old.st_uid, old.st_gid)
    }

    /// Makes the new name last; a file system that cannot has it written soon anyway.
    private static func syncFolder(of path: String) {
        let folder = unsafe open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        _ = fsync(folder)
        close(folder)
    }

    private static func failure(_ path: String, _ what: String, _ number: Int32) -> PKIFailure {
        PKIFailure(.file, "\(path) \(what): \(unsafe String(cString: strerror(number)))")
    }
}
