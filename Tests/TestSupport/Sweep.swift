internal import Foundation

/// How long randomised tests run, and from where: `SWEEP=n` rounds from `SEED=s`.
package enum Sweep {
    package static func rounds(_ usual: Int) -> Int { Self.number("SWEEP") ?? usual }

    package static func seed(_ usual: UInt64) -> UInt64 { Self.number("SEED").map { UInt64($0) } ?? usual }

    /// The command that plays one failing round again.
    package static func replay(_ test: String, seed: UInt64) -> String {
        "SEED=\(seed) SWEEP=1 swift test --disable-xctest --filter '\(test)'"
    }

    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }
}
