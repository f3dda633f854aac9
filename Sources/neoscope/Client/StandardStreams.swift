internal import Glibc

/// Where everything goes that is not data.
enum StandardError {
    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(2) == 1 }

    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

/// Where data goes.
enum StandardOutput {
    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(1) == 1 }

    static func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(1, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
            }
            // A reader that went away, as `head` does, is no failure.
            guard written > 0 else { return }
            done += written
        }
    }

    static func write(_ text: String) { self.write(Array(text.utf8)) }
}
