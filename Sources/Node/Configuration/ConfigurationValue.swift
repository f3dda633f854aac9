/// Reads the texts that configuration values are written in.
package enum ConfigurationValue {
    /// Bytes: `20MiB`, `512 KiB`, `1048576`.
    static func bytes(_ text: String) -> UInt64? {
        let (number, unit) = self.split(text)
        let factor: Double? =
            switch unit {
            case "", "b": 1
            case "kib", "k": 1024
            case "mib", "m": 1_048_576
            case "gib", "g": 1_073_741_824
            case "tib", "t": 1_099_511_627_776
            case "kb": 1e3
            case "mb": 1e6
            case "gb": 1e9
            case "tb": 1e12
            default: nil
            }
        guard let number, let factor, number >= 0 else { return nil }
        return UInt64(exactly: (number * factor).rounded())
    }

    /// Seconds: `10ms`, `5m`, `7d`, `90`.
    package static func seconds(_ text: String) -> Double? {
        let (number, unit) = self.split(text)
        let factor: Double? =
            switch unit {
            case "ms": 0.001
            case "", "s": 1
            case "m": 60
            case "h": 3600
            case "d": 86400
            default: nil
            }
        guard let number, let factor, number >= 0 else { return nil }
        return number * factor
    }

    static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// A host and a port; IPv6 addresses stand in brackets.
    static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            !text.hasSuffix("+\(port)")
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : (host, Int(port))
    }

    /// Items between commas.
    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
    }

    private static func split(_ text: String) -> (Double?, String) {
        let text = text.trimmingSpaces
        let number = text.prefix { $0.isNumber || $0 == "." }
        return (Double(number), text.dropFirst(number.count).description.trimmingSpaces.lowercased())
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        var text = self.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
