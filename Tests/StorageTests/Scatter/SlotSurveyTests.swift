import Pipeline
import Storage
import Telemetry
import Testing

@Suite struct SlotSurveyTests {
    /// A frame with a slot of each of these services, all under the key of one of them.
    private static func frame(_ services: [String], under service: String) -> SealedFrame {
        var builder = FrameBuilder(signal: .slots, compressionLevel: 1)
        for (number, name) in services.enumerated() {
            let series = Series("m", unit: "1", kind: .counter, subject: .service(name))
            let slot = Slot(series: series, start: 0, part: 0, value: .counter(nano: Int128(number) + 1))
            var writer = ByteWriter()
            slot.encode(into: &writer)
            builder.add(NewItem(key: .service(service)), bytes: writer.bytes.raw)
        }
        let frames = builder.seal(run: RunID(high: 1, low: 1), created: ClusterTime(nanoseconds: 1)) { 1 }
        return frames[0]
    }

    @Test func `a slot that lives under another key than its series is in no answer`() throws {
        let sealed = Self.frame(["a", "b", "a", "c"], under: "a")
        let bucket = SlotBucket(partition: Key.service("a").partition, period: 0)
        for isByChunk in [false, true] {
            var survey = isByChunk ? SlotSurvey(SeriesQuery(), [bucket]) : SlotSurvey(SeriesQuery())
            let payload = try sealed.frame.payload(sealed.bytes.raw)
            try survey.add(sealed.frame, 0, payload)
            let lines = survey.result.flatMap(\.lines)
            let values =
                isByChunk ? survey.chunks.flatMap(\.slots).map(\.value) : lines.flatMap(\.points).map(\.value)
            #expect(values == (isByChunk ? [.counter(nano: 1), .counter(nano: 3)] : [.counter(nano: 4)]))
        }
    }
}
