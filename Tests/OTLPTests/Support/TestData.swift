import Foundation

/// The recorded data of others, outside the project; tests that use it are skipped where it is absent.
enum TestData {
    static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["NEOSCOPE_TEST_DATA"] { return URL(filePath: path) }
        return Self.packageRoot.appending(path: "../shared/data").standardizedFileURL
    }()

    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: Self.root.appending(path: "otlp").path)
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Self.root.appending(path: path)))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Self.bytes(path), as: UTF8.self)
    }

    /// The paths of all files in a folder with an ending, sorted.
    static func files(in folder: String, ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path)
            .filter { $0.hasSuffix(ending) }.sorted().map { folder + "/" + $0 }
    }
}
