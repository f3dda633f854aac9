import Testing

@testable import Node

@Suite struct RateWindowTests {
    @Test func `a pace is growth by time, over the span and no more`() {
        var window = RateWindow(over: .seconds(10))
        #expect(window.rates == [])
        window.add([100, 0], at: .zero)
        #expect(window.rates == [0, 0])
        window.add([150, 10], at: .seconds(5))
        #expect(window.rates == [10, 2])
        window.add([150, 20], at: .seconds(10))
        #expect(window.rates == [5, 2])
        // Now the first sample lies beyond the span.
        window.add([150, 30], at: .seconds(15))
        #expect(window.rates == [0, 2])
    }

    @Test func `a counter that fell was reset, and time that stands still is no pace`() {
        var window = RateWindow(over: .seconds(10))
        window.add([100], at: .seconds(1))
        window.add([30], at: .seconds(4))
        #expect(window.rates == [10])
        var still = RateWindow(over: .seconds(10))
        still.add([1], at: .seconds(1))
        still.add([9], at: .seconds(1))
        #expect(still.rates == [0])
    }

    @Test func `after a long pause two samples are enough`() {
        var window = RateWindow(over: .seconds(10))
        window.add([0], at: .zero)
        window.add([100], at: .seconds(100))
        #expect(window.rates == [1])
        window.add([160], at: .seconds(106))
        #expect(window.rates == [160.0 / 106])
        window.add([200], at: .seconds(110))
        #expect(window.rates == [10])
    }
}
