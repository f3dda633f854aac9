internal import Hummingbird
internal import Telemetry

/// Reads typed values out of a query string; what cannot be read is an error that names it.
struct RequestArguments {
    let request: Request

    init(_ request: Request) { self.request = request }

    /// The text of the first of several spellings that is there and not empty.
    func text(_ names: String...) -> String? {
        for name in names {
            if let value = self.request.uri.queryParameters[name[...]], !value.isEmpty { return String(value) }
        }
        return nil
    }

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
                throw APIFailure(.badRequest, "expected \(name) to be a duration such as 1.5s, not \"\(text)\"")
            }
            return value
        }
        return nil
    }

    /// A time: RFC 3339, seconds since the Unix epoch, or a duration before now.
    func time(_ name: String, now: ClusterTime) throws(APIFailure) -> UInt64? {
        guard let text = self.text(name) else { return nil }
        guard let value = TimeText.time(text, now: now) else {
            throw APIFailure(
                .badRequest,
                "expected \(name) to be an RFC 3339 time, Unix seconds, or a duration before now such as -15m, not \"\(text)\""
            )
        }
        return value
    }
}
