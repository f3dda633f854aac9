/// The distribution, from `/etc/os-release`.
package struct OSRelease: Equatable, Sendable {
    /// As `debian`.
    package var id = ""
    /// As `Debian GNU/Linux`.
    package var name = ""
    /// As `Debian GNU/Linux 12 (bookworm)`.
    package var prettyName = ""
    /// As `12 (bookworm)`.
    package var version = ""
    /// As `12`.
    package var versionID = ""
    /// As `bookworm`.
    package var versionCodename = ""
    /// Distributions it derives from, separated by blanks.
    package var idLike = ""
    /// As `Server Edition`.
    package var variant = ""
    /// As `server`.
    package var variantID = ""
    /// For distributions without versions.
    package var buildID = ""

    /// Starts with nothing known.
    init() {}

    /// Reads the file of os-release(5): `NAME=value`, where the value may be quoted as in a shell.
    package init(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            line.skipBlanks()
            let name = line.text(until: UInt8(ascii: "="))
            let value = Self.unquoted(line.rest)
            if name.equals("ID") {
                self.id = value
            } else if name.equals("NAME") {
                self.name = value
            } else if name.equals("PRETTY_NAME") {
                self.prettyName = value
            } else if name.equals("VERSION") {
                self.version = value
            } else if name.equals("VERSION_ID") {
                self.versionID = value
            } else if name.equals("VERSION_CODENAME") {
                self.versionCodename = value
            } else if name.equals("ID_LIKE") {
                self.idLike = value
            } else if name.equals("VARIANT") {
                self.variant = value
            } else if name.equals("VARIANT_ID") {
                self.variantID = value
            } else if name.equals("BUILD_ID") {
                self.buildID = value
            }
        }
    }

    private static func unquoted(_ bytes: Span<UInt8>) -> String {
        var end = bytes.count
        while end > 0, bytes[end &- 1] <= UInt8(ascii: " ") { end &-= 1 }
        guard end > 0 else { return "" }
        let quote = bytes[0]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            return bytes.extracting(0..<end).text
        }
        var plain: [UInt8] = []
        var index = 1
        while index < end, bytes[index] != quote {
            if bytes[index] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), index &+ 1 < end {
                index &+= 1
            }
            plain.append(bytes[index])
            index &+= 1
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
