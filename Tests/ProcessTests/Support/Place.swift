import Foundation

/// Where the program under test, the drivers and the peers are.
enum Place {
    /// The folder of `Package.swift`.
    static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The program: NEOSCOPE_TEST_PROGRAM, else the one that was built beside this test.
    static var program: String {
        if let path = Self.environment["NEOSCOPE_TEST_PROGRAM"] { return path }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("neoscope").path
    }

    /// A Python with the peers' packages: NEOSCOPE_TEST_PYTHON, else the one of `scripts/lib/peers.sh`.
    static var python: String {
        Self.environment["NEOSCOPE_TEST_PYTHON"] ?? Self.packageRoot.path + "/.build/peers/bin/python3"
    }

    /// A driver of this folder.
    static func driver(_ name: String) -> String {
        Self.packageRoot.path + "/Tests/ProcessTests/Drivers/\(name).py"
    }

    /// Whether folders can be mounted here: as root, or as a mapped root in a namespace.
    static let canMount: Bool = {
        let user = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        let command = ["unshare"] + user + ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    static var environment: [String: String] { ProcessInfo.processInfo.environment }
}
