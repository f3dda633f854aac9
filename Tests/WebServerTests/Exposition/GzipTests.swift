import Compression
import Telemetry
import Testing

@testable import WebServer

@Suite struct GzipTests {
    @Test(arguments: [
        ("gzip", true), ("deflate, gzip, br, zstd", true), ("GZIP;q=0.5", true), ("x-gzip", true),
        ("*", true),
        ("*;q=0, gzip", true), ("br;q=1.0, gzip;q=0.8, *;q=0.1", true), ("gzip ; q=1", true),
        ("", false), ("identity", false), ("gzip;q=0", false), ("gzip; q=0.000", false),
        ("br, deflate", false),
        ("*, gzip;q=0", false), ("*;q=0", false), ("gzipped", false), ("gzip;q=x", false),
    ])
    func `a request says whether it takes gzip`(header: String, isAccepted: Bool) {
        #expect(Gzip.isAccepted(header) == isAccepted)
    }

    @Test func `the page comes packed where that is asked for, and is the same page`() async throws {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            var status = FakeStatus()
            status.shownFamilies = (0..<2000).map { number in
                MetricFamily("family_\(number)", help: "é", kind: .gauge, readings: [MetricReading(0.1)])
            }
            let page = MetricsText.render(status.shownFamilies, as: .text)
            let api = TestAPI(fixture.store, status)
            let plain = try await api.get("/metrics")
            let isWhole = plain.body == page
            #expect(isWhole && plain.encoding == nil && plain.vary == "Accept, Accept-Encoding")
            let packed = try await api.get("/metrics", headers: ["accept-encoding": "gzip"])
            #expect(packed.encoding == "gzip" && packed.vary == "Accept, Accept-Encoding")
            #expect(packed.type == plain.type)
            #expect(packed.body.prefix(2) == [0x1f, 0x8b])
            #expect(packed.body.count * 5 < page.count)
            // This client asks for gzip and unpacks by itself.
            let isSame = try await LiveServer.with(fixture.store, status) { server in
                try await server.ask("/metrics").body == page
            }
            #expect(isSame)
        }
    }

    @Test func `a page without a word can be packed`() throws {
        #expect(try #require(Gzip.compress([])).prefix(2) == [0x1f, 0x8b])
    }
}
