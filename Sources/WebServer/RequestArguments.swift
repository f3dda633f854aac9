internal import Hummingbird
internal import Telemetry

/// Reads typed values out of a query string; what cannot be read is an error that names it.
struct RequestArguments {
    private let values: [(name: String, value: String)]

    init(_ request: Request) { self.init(query: request.uri.query ?? "") }

    /// - Parameter query: As in a form (URL standard, section 5.1): pairs between `&`, `+` for a space, percent escapes.
    init(query: String) {
        self.values = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The text of the first of several spellings that is there and not empty.
    func text(_ names: String...) -> String? {
        for name in names {
            if let found = self.texts(name).first { return found }
        }
        return nil
    }

    /// All texts under a name that are not empty.
    func texts(_ name: String) -> [String] {
        self.values.filter { $0.name == name && !$0.value.isEmpty }.map(\.value)
    }

    /// Whether a name is there, with a value or without.
    func isPresent(_ name: String) -> Bool { self.values.contains { $0.name == name } }

    func flag(_ name: String) throws(APIFailure) -> Bool {
        guard let text = self.text(name) else { return false }
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default: throw APIFailure(.badRequest, "expected \(name) to be true or false, not \"\(text)\"")
        }
    }

    func count(_ name: String, _ standard: Int, in range: ClosedRange<Int>) throws(APIFailure) -> Int {
        guard let text = self.text(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw APIFailure(
                .badRequest,
                "expected \(name) to be a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\""
            )
        }
        return value
    }

    /// A Go-style duration such as `1.5s` or `2h45m`, in nanoseconds.
    func duration(_ names: String...) throws(APIFailure) -> UInt64? {
        for name in names {
            guard let text = self.text(name) else { continue }
            guard let value = TimeText.duration(text) else {
                throw APIFailure(
                    .badRequest,
                    "expected \(name) to be a duration such as 1.5s, not \"\(text)\""
                )
            }
            return value
        }
        return nil
    }

    /// A time: RFC 3339, seconds since the Unix epoch, or a duration before now.
    func time(_ name: String, now: ClusterTime) throws(APIFailure) -> UInt64? {
        guard let text = self.text(name) else { return nil }
        // Who forgets to escape the plus of a zone sends a space.
        let zoned = text.replacing(" ", with: "+")
        guard let value = TimeText.time(text, now: now) ?? TimeText.time(zoned, now: now) else {
            throw APIFailure(
                .badRequest,
                "expected \(name) to be an RFC 3339 time, Unix seconds, or a duration before now such as -15m, "
                    + "not \"\(text)\""
            )
        }
        return value
    }

    /// The times `from` and `to`, nil where not given; the first may not lie behind the second.
    func range(now: ClusterTime) throws(APIFailure) -> (from: UInt64?, to: UInt64?) {
        let (from, to) = (try self.time("from", now: now), try self.time("to", now: now))
        if let from, let to, from > to { throw APIFailure(.badRequest, "expected from to lie before to") }
        return (from, to)
    }

    /// Decoded as in a form; as it stands where the escapes are broken.
    private static func decoded(_ text: Substring) -> String {
        text.replacing("+", with: " ").removingURLPercentEncoding() ?? String(text)
    }
}
