import Storage
import Telemetry
import Testing

@Suite struct WindowTotalsTests {
    private static func slot(
        _ name: String,
        _ value: Int128,
        window: UInt64,
        subject: Series.Subject = .service("s"),
        isEstimated: Bool = false
    ) -> Slot {
        Slot(
            series: Series(name, unit: "1", kind: .counter, subject: subject, attributes: []),
            start: Window(index: window).start.nanoseconds,
            part: 0,
            isEstimated: isEstimated,
            value: .counter(nano: value)
        )
    }

    @Test func `the newest closed window counts, with all its slots and no others`() throws {
        var slots = [
            Self.slot("a", 1, window: 7), Self.slot("a", 2, window: 7, isEstimated: true),
            Self.slot("b", 4, window: 7), Self.slot("a", 8, window: 6), Self.slot("a", 16, window: 8),
            Self.slot("a", 32, window: 7, subject: .host("h")),
        ]
        for _ in slots.indices {
            slots.append(slots.removeFirst())
            var builder = WindowTotalsBuilder(["a"], before: Window(index: 8))
            for slot in slots { builder.add(slot) }
            let totals = try #require(builder.totals)
            #expect(totals.window == Window(index: 7) && totals.lines.count == 1)
            let line = try #require(totals.lines.first)
            #expect(line.value == .counter(nano: 3) && line.slotCount == 2)
            #expect(line.isEstimated && !line.isUnsettled)
        }
    }

    @Test func `no closed window is none`() {
        var builder = WindowTotalsBuilder([], before: Window(index: 6))
        builder.add(Self.slot("a", 1, window: 6))
        #expect(builder.totals == nil)
    }

    @Test func `a window is told of four seconds after its end`() {
        func open(_ seconds: UInt64) -> UInt64 {
            WindowTotals.firstOpen(at: ClusterTime(nanoseconds: seconds * 1_000_000_000)).index
        }
        #expect(open(0) == 0 && open(13) == 0 && open(14) == 1 && open(23) == 1 && open(24) == 2)
    }
}
