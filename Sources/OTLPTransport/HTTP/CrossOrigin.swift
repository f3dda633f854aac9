/// Which web pages may send telemetry (Fetch standard, "HTTP-CORS protocol").
package struct CrossOrigin: Equatable, Sendable {
    /// Origins as browsers spell them; `*` at the end stands for any port.
    package var origins: [String]

    /// Takes the origins as configured.
    package init(origins: [String]) { self.origins = origins }

    /// Whether the page at an origin may send.
    func allows(_ origin: String) -> Bool {
        self.origins.contains { pattern in
            pattern == "*" || pattern == origin
                || pattern.hasSuffix(":*")
                    && (origin.hasPrefix(pattern.dropLast())
                        && origin.dropFirst(pattern.count - 1).allSatisfy(\.isNumber)
                        || origin == pattern.dropLast(2))
        }
    }
}
