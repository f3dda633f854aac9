import Telemetry
import Testing

@Suite struct TimeTests {
    @Test func `a window holds its start and not its end`() {
        let window = Window(index: 170_000_000)
        #expect(Window(at: window.start) == window)
        #expect(Window(at: ClusterTime(nanoseconds: window.end.nanoseconds - 1)) == window)
        #expect(Window(at: window.end) == Window(index: 170_000_001))
    }

    @Test func `time moves both ways and stops at zero`() {
        let time = ClusterTime(nanoseconds: 100)
        #expect(time.advanced(byNanoseconds: 5).nanoseconds == 105)
        #expect(time.advanced(byNanoseconds: -5).nanoseconds == 95)
        #expect(time.advanced(byNanoseconds: -101).nanoseconds == 0)
        #expect(time.advanced(byNanoseconds: .min).nanoseconds == 0)
        #expect(ClusterTime(nanoseconds: 119_999_999_999).minute == 1)
    }

    @Test func `the last window of all does not trap`() {
        let last = Window(at: ClusterTime(nanoseconds: .max))
        #expect(last.end > last.start)
        #expect(Window(index: .max).start == Window(index: .max).end)
        #expect(ClusterTime(nanoseconds: .max).advanced(byNanoseconds: 1).nanoseconds == .max)
    }
}
