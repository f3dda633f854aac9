import Foundation

/// A folder of a test's own, removed when the test lets go of it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        self.path = NSTemporaryDirectory() + "neoscope-storage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    /// A copy of a data directory as a crash would leave it at this moment; its owner may go on.
    static func crashed(_ directory: String) throws -> Scratch {
        let copy = try Scratch()
        for folder in ["", "/segments", "/quarantine", "/spool"]
        where FileManager.default.fileExists(atPath: directory + folder) {
            try FileManager.default.createDirectory(
                atPath: copy.path + folder,
                withIntermediateDirectories: true
            )
            for name in try FileManager.default.contentsOfDirectory(atPath: directory + folder).sorted() {
                var isFolder: ObjCBool = false
                let path = "\(directory)\(folder)/\(name)"
                guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                    !isFolder.boolValue, name != "lock",
                    let bytes = FileManager.default.contents(atPath: path)
                else { continue }
                try bytes.write(to: URL(fileURLWithPath: "\(copy.path)\(folder)/\(name)"))
            }
        }
        return copy
    }

    /// The names of the files in the folder of segments.
    var segmentFiles: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self.path + "/segments")) ?? []).sorted()
    }

    /// The names of the files in the folder of the spool.
    var spoolFiles: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self.path + "/spool")) ?? []).sorted()
    }

    func read(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: "\(self.path)/\(name)")))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(self.path)/\(name)"))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(self.path)/\(name)")
    }
}
