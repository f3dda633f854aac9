import Foundation

/// Runs another program to its end.
enum Launch {
    /// What a program left behind.
    struct Outcome: Sendable {
        var code: Int32
        var output: String
        var errors: String
    }

    /// Runs a program; it is asked to end after some seconds, and killed ten seconds later.
    ///
    /// The environment is added to the own one.
    static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String],
        seconds: Int
    ) async throws -> Outcome {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appendingPathComponent("neoscope-run-\(UUID().uuidString)")
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: folder) }
        // Files, as a pipe that nobody reads in time stops the program that fills it.
        let output = folder.appendingPathComponent("output")
        let errors = folder.appendingPathComponent("errors")
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = Place.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let code = try await Self.end(of: process, seconds: seconds)
        return Outcome(
            code: code,
            output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        )
    }

    /// Starts a process and waits for its end.
    private static func end(of process: Process, seconds: Int) async throws -> Int32 {
        let (ends, end) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(1))
        process.terminationHandler = { ended in
            end.yield(ended.terminationStatus)
            end.finish()
        }
        try process.run()
        let pid = process.processIdentifier
        let limit = Task {
            try await Task.sleep(for: .seconds(seconds))
            kill(pid, SIGTERM)
            try await Task.sleep(for: .seconds(10))
            kill(pid, SIGKILL)
        }
        defer { limit.cancel() }
        for await code in ends { return code }
        return -1
    }
}
