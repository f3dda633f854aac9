internal import Foundation

/// Colour where a person looks, none where a program reads or NO_COLOR asks for none.
enum Paint {
    private static let isOn =
        StandardOutput.isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    static func bold(_ text: String) -> String { self.code("1", text) }
    static func red(_ text: String) -> String { self.code("31", text) }
    static func dim(_ text: String) -> String { self.code("2", text) }

    static func status(_ status: String) -> String {
        switch status {
        case "healthy", "success", "alive": self.code("32", status)
        case "degraded", "timeout", "cancelled", "suspect", "leaving", "left": self.code("33", status)
        default: self.red(status)
        }
    }

    private static func code(_ code: String, _ text: String) -> String {
        self.isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
