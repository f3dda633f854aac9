/// An order to copy everything that a node holds into a folder of its host.
package struct BackupOrder: Equatable, Sendable {
    /// An absolute path; there is nothing yet, or an empty folder.
    package var folder: String
    /// An earlier backup on the same file system as the folder: what is the same is linked where it cannot be to the node's own,
    /// and not read again where it is the very same file; nil for none.
    package var previous: String?

    /// An order for a folder.
    package init(folder: String, previous: String? = nil) {
        self.folder = folder
        self.previous = previous
    }
}

/// What a backup consists of.
package struct BackupOutcome: Equatable, Sendable {
    /// Where it is.
    package var folder: String
    /// Files, the manifest not counted.
    package var files = 0
    /// Bytes of these files, however many of them the disk holds once.
    package var bytes: UInt64 = 0
    /// Files that share their bytes with the node's own, or with an earlier backup.
    package var linkedFiles = 0
    /// Bytes that had to be copied.
    package var copiedBytes: UInt64 = 0
    /// Everything acknowledged before this time is in it; cluster time, nanoseconds.
    package var clusterTime: UInt64 = 0
    /// How often the node's process had started; nil for a process without a cluster.
    package var bootEpoch: UInt64?

    /// An empty one.
    package init(folder: String) { self.folder = folder }
}

/// How far a backup has come.
package struct BackupProgress: Equatable, Sendable {
    /// Bytes there will be; 0 while logs are being sealed.
    package var bytes: UInt64 = 0
    /// Bytes that are in their place, and read over.
    package var bytesDone: UInt64 = 0

    /// One that has just begun.
    package init(bytes: UInt64 = 0, bytesDone: UInt64 = 0) {
        self.bytes = bytes
        self.bytesDone = bytesDone
    }
}

/// Why there is no backup; nothing of it is left behind.
package struct BackupRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is.
    package enum Code: Sendable {
        /// The folder is no place for a backup, or the earlier one is none.
        case folder
        /// Another backup is being made.
        case busy
        /// The folder's disk has too little room.
        case diskFull
        /// This process stores nothing.
        case nothingHere
        /// The disk failed, or the process ends.
        case failed
    }

    /// The kind.
    package var code: Code
    /// What was expected, and what came; for people.
    package var description: String

    /// A refusal with its words.
    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
