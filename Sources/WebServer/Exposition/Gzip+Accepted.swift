internal import Compression

extension Gzip {
    /// Whether a request's Accept-Encoding allows gzip (RFC 9110, section 12.5.3); what names it counts before `*`.
    static func isAccepted(_ header: String) -> Bool {
        var byStar = false
        for part in header.split(separator: ",") {
            let fields = part.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            let weight = fields.dropFirst().first { $0.hasPrefix("q=") }
            let isWanted = weight.map { (Double($0.dropFirst(2)) ?? 0) > 0 } ?? true
            switch fields.first {
            case "gzip", "x-gzip": return isWanted
            case "*": byStar = isWanted
            default: break
            }
        }
        return byStar
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let head = text.drop(while: blank)
        return String(head.prefix(head.count - head.reversed().prefix(while: blank).count)).lowercased()
    }
}
