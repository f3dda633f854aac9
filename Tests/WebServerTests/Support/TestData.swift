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

    /// The folder of the OpenMetrics parser test suite.
    static let openMetrics = Self.root.appending(path: "openmetrics/testdata/parsers")

    static var hasOpenMetrics: Bool { FileManager.default.fileExists(atPath: Self.openMetrics.path) }
}
