/// One line of `/proc/<pid>/mountinfo`.
package struct MountEntry: Equatable, Sendable {
    /// First half of the device number; 0 for filesystems without a device.
    package var major: UInt64
    /// Second half of the device number.
    package var minor: UInt64
    /// The directory of the mounted filesystem that appears at `mountPoint`.
    package var root: String
    /// Where it appears.
    package var mountPoint: String
    /// The options of this mount, comma-separated.
    package var options: String
    /// As `ext4`, or `fuse.sshfs` with a subtype.
    package var type: String
    /// The device or whatever the filesystem calls its source.
    package var source: String
    /// The options of the filesystem itself; for cgroup v1 they name the controllers.
    package var superOptions: String

    /// Whether it is mounted read-only, here or as a whole.
    package var isReadOnly: Bool {
        self.options.split(separator: ",").contains("ro")
            || self.superOptions.split(separator: ",").contains("ro")
    }

    /// Reads the file; lines that are cut or damaged are passed over.
    package static func list(parsing text: Span<UInt8>) -> [MountEntry] {
        var mounts: [MountEntry] = []
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            if let mount = MountEntry(parsing: &line) { mounts.append(mount) }
        }
        return mounts
    }

    private init?(parsing line: inout TextCursor) {
        line.skipWords(2)
        var device = TextCursor(line.word())
        var majorText = TextCursor(device.text(until: UInt8(ascii: ":")))
        guard let major = majorText.number(), let minor = device.number() else { return nil }
        self.major = major
        self.minor = minor
        self.root = Self.unescaped(line.word())
        self.mountPoint = Self.unescaped(line.word())
        self.options = line.word().text
        // Any number of optional fields, then a lone hyphen.
        while true {
            let field = line.word()
            guard !field.isEmpty else { return nil }
            if field.equals("-") { break }
        }
        let type = line.word()
        guard !type.isEmpty else { return nil }
        self.type = type.text
        self.source = Self.unescaped(line.word())
        self.superOptions = line.word().text
    }

    /// The kernel writes blanks and backslashes in names as three octal digits.
    private static func unescaped(_ bytes: Span<UInt8>) -> String {
        guard bytes.lastIndex(of: UInt8(ascii: "\\")) != nil else { return bytes.text }
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), let byte = self.octal(bytes, after: index) {
                plain.append(byte)
                index &+= 4
            } else {
                plain.append(bytes[index])
                index &+= 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private static func octal(_ bytes: Span<UInt8>, after index: Int) -> UInt8? {
        guard index &+ 3 < bytes.count else { return nil }
        var value = 0
        for place in 1...3 {
            let digit = bytes[index &+ place] &- UInt8(ascii: "0")
            guard digit <= 7 else { return nil }
            value = value &* 8 &+ Int(digit)
        }
        return UInt8(exactly: value)
    }
}
