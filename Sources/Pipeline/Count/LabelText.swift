internal import Telemetry

/// Keeps text that becomes a label or a name within bounds, whatever a sender made of it.
enum LabelText {
    /// Longer text is cut; enough for any name that a person gave.
    static let bytesMax = 1024

    /// The text, cut at the end of a character.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > self.bytesMax else { return text }
        let bytes = Array(text.utf8)
        return self.cut(bytes.raw)
    }

    /// The text of UTF-8 bytes, cut at the end of a character.
    static func cut(_ bytes: RawSpan) -> String { bytes.text(0..<self.length(bytes)) }

    /// How many of the bytes are kept.
    static func length(_ bytes: RawSpan) -> Int {
        guard bytes.byteCount > self.bytesMax else { return bytes.byteCount }
        var end = self.bytesMax
        while end > 0, bytes.isContinuation(at: end) { end -= 1 }
        return end
    }
}
