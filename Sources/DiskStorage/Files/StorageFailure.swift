internal import Glibc

/// What went wrong with the data directory, where, and what to do about it.
package struct StorageFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for programs.
    package enum Code: String, Sendable {
        /// Another process uses the directory.
        case locked
        /// The directory or a file in it may not be written or read.
        case notPermitted = "not_permitted"
        /// The disk is full, or nearly so.
        case diskFull = "disk_full"
        /// The spool holds as much as it may.
        case full
        /// A file of a format this program does not know.
        case unknownFormat = "unknown_format"
        /// A folder holds something where it should hold nothing.
        case notEmpty = "not_empty"
        /// There is no such thing.
        case notFound = "not_found"
        /// Reading or writing failed.
        case failedIO = "io"
        /// A file is not what it should be.
        case damaged
        /// What something was made of is not there any more.
        case stale
        /// The store is shutting down.
        case closed
    }

    /// The kind.
    package var code: Code
    /// What happened to which file, and what to do; for people.
    package var message: String

    /// A failure of a kind, with its words.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { self.message }

    /// The failure of a system call on a path.
    static func system(_ call: String, _ path: String, _ number: Int32 = errno) -> StorageFailure {
        let reason = unsafe String(cString: strerror(number))
        let code: Code =
            switch number {
            case ENOSPC, EDQUOT: .diskFull
            case EACCES, EPERM, EROFS: .notPermitted
            default: .failedIO
            }
        return StorageFailure(code, "\(call) \(path): \(reason)")
    }
}
