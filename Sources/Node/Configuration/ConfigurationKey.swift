/// One thing an operator may set: its name, what it means, and what it may be.
///
/// The table ``all`` is the only list of keys: files, environment, arguments, `config print`, `configs/reference.yaml`
/// and its test are made from it or held to it.
package struct ConfigurationKey: Sendable {
    /// How a value is read.
    package enum Kind: Sendable {
        /// `HOST:PORT`; port 0 lets the system choose.
        case address
        /// A number with an optional KiB, MiB, GiB or TiB.
        case bytes(ClosedRange<UInt64>)
        /// A number with ms, s, m, h or d.
        case duration(seconds: ClosedRange<Double>)
        case count(ClosedRange<Int>)
        case share
        case flag
        case text
        case choice([String])
        case list
    }

    /// Dots separate levels, as `otlp.http.listen`.
    package let name: String
    /// How its values are read, and within what limits.
    package let kind: Kind
    /// As it would stand in a file; empty for none.
    package let standard: String
    /// One sentence for people.
    package let meaning: String

    static let environmentPrefix = "NEOSCOPE_"

    /// The environment variable that sets it.
    package var environmentName: String {
        Self.environmentPrefix + self.name.uppercased().replacing(".", with: "_")
    }

    /// The keys of a section, as `otlp.http`; none where the name is not that of a section.
    static func all(below section: String) -> [ConfigurationKey] {
        section.isEmpty ? [] : self.all.filter { $0.name.hasPrefix(section + ".") }
    }

    /// The limit in words; empty where there is none.
    package var limit: String {
        switch self.kind {
        case .bytes(let range): "\(range.lowerBound) to \(range.upperBound) bytes"
        case .duration(let range): "\(range.lowerBound) to \(range.upperBound) seconds"
        case .count(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .share: "0 to 1"
        case .choice(let words): words.joined(separator: ", ")
        case .address: "HOST:PORT"
        case .flag: "true or false"
        case .text, .list: ""
        }
    }
}
