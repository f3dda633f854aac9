import Foundation
import Testing

/// A Python program beside this file that plays scenarios against real processes and reports each check.
struct Driver {
    let name: String

    /// Plays one scenario and records an issue for each check that did not hold.
    ///
    /// It is ended after the seconds, by its pid, with everything that it started.
    func play(_ scenario: String, seconds: Int = 120) async throws {
        let (python, program, file) = (Place.python, Place.program, Place.driver(self.name))
        let replay = "NEOSCOPE_TEST_PROGRAM=\(program) \(python) \(file) \(scenario)"
        let manager = FileManager.default
        try #require(
            manager.isExecutableFile(atPath: python),
            "the peers are not installed; run: bash scripts/lib/peers.sh"
        )
        try #require(
            manager.isExecutableFile(atPath: program),
            "the program is not built; run: swift build --product neoscope"
        )
        let run = try await Launch.run(
            python,
            [file, scenario],
            environment: [
                "NEOSCOPE_TEST_PROGRAM": program, "PYTHONDONTWRITEBYTECODE": "1",
                // Else a child begins with threads of the parent's channels, on descriptors that it closes.
                "GRPC_ENABLE_FORK_SUPPORT": "0",
            ],
            seconds: seconds
        )
        var isFinished = false
        for line in run.output.split(separator: "\n") {
            guard let report = Report(line) else { continue }
            isFinished = isFinished || report.checkCount > 0
            if let figure = report.figure { print("\(self.name) \(scenario): \(figure)") }
            if let failure = report.failure { Issue.record("\(failure)\n  again: \(replay)") }
        }
        #expect(
            isFinished,
            "\(scenario) did not end by itself (code \(run.code)): \(run.errors.suffix(2000))\n  again: \(replay)"
        )
    }
}

/// One line of a driver's report.
struct Report {
    /// How many checks were made; only on the last line, and 0 where none was.
    var checkCount = 0
    /// A number for the reader of the log.
    var figure: String?
    /// What did not hold, and what was expected and seen.
    var failure: String?

    /// Reads a line; nil for one that is no report.
    init?(_ line: Substring) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            return nil
        }
        self.checkCount = object["checks"] as? Int ?? 0
        if let name = object["figure"] as? String { self.figure = "\(name) = \(object["value"] ?? "?")" }
        if let check = object["check"] as? String, object["held"] as? Bool == false {
            let (expected, got) = (object["expected"] ?? "success", object["got"] ?? "nothing")
            self.failure = "\(check): expected \(expected), got \(got)"
        }
    }
}
