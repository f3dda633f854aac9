import Foundation
import Testing

@testable import WebServer

#if canImport(FoundationXML)
import FoundationXML
#endif

/// The page of a report: its shape does not depend on what others call their services.
@Suite struct ReportPageTests {
    /// The elements of a document with the names of their attributes, in order; nil where it is not well formed.
    private static func shape(_ html: String) -> [String]? {
        let parser = XMLParser(data: Data(html.utf8))
        let reader = ShapeReader()
        parser.delegate = reader
        return parser.parse() ? reader.elements : nil
    }

    private final class ShapeReader: NSObject, XMLParserDelegate {
        var elements: [String] = []

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            self.elements.append(([name] + attributes.keys.sorted()).joined(separator: " "))
        }
    }

    private static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</title></svg>",
        "]]>", "<!--", "&lt;b&gt;", "javascript:alert(1)", "\u{202e}gnp.exe", "a\0b\u{1b}[2J", "{{7*7}}",
        "</style><style>*{display:none}</style>", String(repeating: "x", count: 5000),
    ]

    @Test func `the page is well formed, and no name changes its structure`() throws {
        for isClustered in [true, false] {
            let plain = try #require(
                Self.shape(ReportPage(NamedReport.make("shop", isClustered: isClustered)).html)
            )
            #expect(plain.count > 100)
            for name in Self.hostile {
                let html = ReportPage(NamedReport.make(name, isClustered: isClustered)).html
                #expect(Self.shape(html) == plain, "\(name.prefix(40))")
            }
        }
    }

    @Test func `a name is shown as it is, wherever it stands`() {
        let html = ReportPage(NamedReport.make("<shop & co>")).html
        #expect(html.contains("<td>&lt;shop &amp; co&gt;"))
        #expect(!html.contains("<shop"))
    }

    @Test func `the page loads and runs nothing`() {
        let html = ReportPage(NamedReport.make("shop")).html
        for word in [
            "<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", "http:", "https:",
            "onload",
        ] {
            #expect(!html.contains(word), "\(word)")
        }
        #expect(html.contains("default-src 'none'"))
    }

    @Test func `charts have titles, tables have captions, and heads say what they are of`() throws {
        let html = ReportPage(NamedReport.make("shop")).html
        let shape = try #require(Self.shape(html))
        func count(_ name: String) -> Int { shape.count { $0 == name || $0.hasPrefix(name + " ") } }
        #expect(count("svg") >= 4 && shape.filter { $0.hasPrefix("svg") }.allSatisfy { $0.contains(" role") })
        #expect(shape.filter { $0.hasPrefix("svg") }.allSatisfy { $0.contains("aria-label") })
        #expect(count("table") == count("caption"))
        #expect(shape.filter { $0 == "th" || $0.hasPrefix("th ") }.allSatisfy { $0.contains("scope") })
        #expect(count("h1") == 1 && count("main") == 1 && count("details") == 1)
        #expect(html.contains("lang=\"en\"") && html.contains("prefers-color-scheme: dark"))
    }

    @Test func `sections say what is known, and what is not`() throws {
        let html = ReportPage(NamedReport.make("shop")).html
        for words in [
            "Slowest operations", "00000000000000010000000000000002", "under-replicated", "node-5",
            "node-100",
            "No answer from shop", "items dropped", "Tools and skills", "2 of 5",
        ] { #expect(html.contains(words), "\(words)") }
        let alone = ReportPage(NamedReport.make("shop", isClustered: false)).html
        #expect(!alone.contains("<h2>Cluster</h2>") && alone.contains("<h2>Hosts</h2>"))
    }

    @Test func `a report of nothing is a page too`() throws {
        var report = NamedReport.make("shop", isClustered: false)
        report.operations = []
        report.series = []
        report.hosts = []
        report.drops = []
        report.slowest = []
        report.slowOperations = []
        report.timeline = Timeline([], from: 0, to: 0, step: 0, hosts: [])
        let html = ReportPage(report).html
        #expect(Self.shape(html) != nil)
        #expect(html.contains("No spans in this time") && html.contains("None since"))
    }

    @Test func `coordinates are numbers, whatever was measured`() throws {
        var report = NamedReport.make("shop")
        report.timeline?.calls = [.nan, .infinity, 1e300, 0, 5]
        report.timeline?.errors = [1, 2, 3, .nan, 9]
        let html = ReportPage(report).html
        #expect(Self.shape(html) != nil)
        for attribute in ["x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy"] {
            let values = html.matches(of: try Regex(" \(attribute)=\"([^\"]*)\"")).compactMap {
                $0[1].substring
            }
            #expect(values.allSatisfy { Double($0)?.isFinite == true }, "\(attribute)")
        }
        #expect(!html.contains("height=\"-"))
    }
}
