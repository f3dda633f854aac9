import Testing

@testable import WebServer

@Suite struct MarkupTests {
    @Test func `what is put into markup is escaped, and markup is not`() {
        let name = "<b>&\"'</b>"
        let inner: Markup = "<i>\(name)</i>"
        let outer: Markup = "<p title=\"\(name)\">\(inner)\([inner, inner])\(7)\(1.25)</p>"
        let escaped = "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;"
        let whole = "<i>\(escaped)</i>"
        #expect(outer.text == "<p title=\"\(escaped)\">\(whole)\(whole)\(whole)71.3</p>")
    }

    @Test func `no character ends a text or an attribute, whatever it is`() {
        for value in UInt32(0)...0x2fff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let escaped = Markup.escaped(String(Character(scalar)))
            let isBare = escaped.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) }
            #expect(!isBare && escaped != "&", "\(value)")
        }
    }

    @Test func `what commands a terminal or turns the reading is shown as a dot`() {
        #expect(Markup.escaped("a\0\u{1b}[31m\nb\u{202e}c\u{7f}\u{85}\u{fffe}") == "a··[31m·b·c···")
        #expect(Markup.escaped("Zürich 東京 🎈") == "Zürich 東京 🎈")
    }
}
