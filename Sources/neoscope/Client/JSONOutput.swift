internal import Foundation

extension StandardOutput {
    /// Writes an answer as one line of JSON with snake-case names in order.
    static func write(json answer: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.write(Array(try encoder.encode(answer)) + [0x0a])
    }
}

/// Times as answers of the command line tell them.
enum ISOTime {
    /// ISO 8601 in UTC, of seconds since the Unix epoch.
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
