import Telemetry
import Testing

@Suite struct TraceIDTests {
    private static let text = "0af7651916cd43dd8448eb211c80319c"

    @Test func `hexadecimal text gives the id and back`() throws {
        let trace = try #require(TraceID(hex: Self.text))
        #expect(trace == TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))
        #expect(trace.hex == Self.text)
        #expect(TraceID(hex: Self.text.uppercased()) == trace)
        let span = try #require(SpanID(hex: "b7ad6b7169203331"))
        #expect(span.bits == 0xb7ad_6b71_6920_3331)
        #expect(span.hex == "b7ad6b7169203331")
    }

    @Test(arguments: [
        "", "0", "0af7651916cd43dd8448eb211c80319", "0af7651916cd43dd8448eb211c80319c0",
        "0af7651916cd43dd8448eb211c80319g", "0af7651916cd43dd 448eb211c80319c",
        "0x0af7651916cd43dd8448eb211c8031",
        "-af7651916cd43dd8448eb211c80319c", "０af7651916cd43dd8448eb211c80319c",
        "0af7651916cd43dd8448eb211c8031é",
    ])
    func `anything but 32 digits is no trace id`(_ text: String) {
        #expect(TraceID(hex: text) == nil)
    }

    @Test(arguments: ["", "b7ad6b716920333", "b7ad6b71692033311", "b7ad6b716920333x", "+7ad6b7169203331"])
    func `anything but 16 digits is no span id`(_ text: String) {
        #expect(SpanID(hex: text) == nil)
    }

    @Test func `only an id with a bit set is valid`() {
        #expect(!TraceID(high: 0, low: 0).isValid)
        #expect(TraceID(high: 0, low: 1).isValid && TraceID(high: 1, low: 0).isValid)
        #expect(!SpanID(0).isValid && SpanID(1).isValid)
    }

    @Test func `ids are ordered as their text is`() {
        var random = SplitMix64(seed: 3)
        let ids = (0..<200).map { _ in TraceID(high: random.next() >> 60, low: random.next()) }
        #expect(ids.sorted().map(\.hex) == ids.map(\.hex).sorted())
        let frames = ids.map { FrameID(run: RunID(high: $0.high, low: 0), sequence: $0.low) }.sorted()
        for (left, right) in zip(frames, frames.dropFirst()) {
            #expect((left.run, left.sequence) <= (right.run, right.sequence))
        }
    }
}
