/// The text of `configs/reference.yaml`: every key with meaning, unit, default and limit.
package enum ConfigurationReference {
    /// The whole file; a test holds the one in the repository to it.
    package static var yaml: String {
        var text = """
            # Every key of Neoscope's configuration, with its meaning, default and limit.
            #
            # Copy what you change to /etc/neoscope/neoscope.yaml, or name a file by --config. What stands here are the
            # defaults. Order of precedence: defaults < file < environment < arguments. Each key has a variable: dots
            # become underscores, letters capitals, NEOSCOPE_ in front, as NEOSCOPE_OTLP_HTTP_LISTEN. Sizes take KiB,
            # MiB, GiB; durations ms, s, m, h, d. An unknown key is an error.
            #
            # Made by `neoscope config reference`.

            """
        var path: [Substring] = []
        for key in ConfigurationKey.all {
            let parts = key.name.split(separator: ".")
            let shared = zip(path, parts.dropLast()).prefix { $0 == $1 }.count
            if shared < path.count || parts.count - 1 > shared { text += shared == 0 ? "\n" : "" }
            for depth in shared..<(parts.count - 1) {
                text += Self.indent(depth) + parts[depth] + ":\n"
            }
            path = Array(parts.dropLast())
            let indent = Self.indent(parts.count - 1)
            text += Self.comment(key.meaning, indent)
            if !key.limit.isEmpty { text += indent + "# Limit: \(key.limit).\n" }
            text += indent + (parts.last ?? "") + ":" + Self.value(key, indent) + "\n"
        }
        return text
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private static func value(_ key: ConfigurationKey, _ indent: String) -> String {
        if case .list = key.kind {
            if key.standard.isEmpty { return " []" }
            return ConfigurationValue.list(key.standard).map { "\n\(indent)  - \"\($0)\"" }.joined()
        }
        return " "
            + (key.standard.isEmpty || key.standard.contains(":") ? "\"\(key.standard)\"" : key.standard)
    }

    /// A comment of lines of at most 110 columns.
    private static func comment(_ text: String, _ indent: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 104 - indent.count {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { "\(indent)# \($0)\n" }.joined()
    }
}
