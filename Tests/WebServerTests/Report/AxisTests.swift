import Testing

@testable import WebServer

@Suite struct AxisTests {
    @Test func `the end of an axis is round, no less than the value, and not far from it`() {
        for value in [0.001, 0.3, 1, 1.0001, 2, 4.9, 5, 7, 10, 99, 1234, 5e9] {
            let end = Axis.roundUp(value)
            #expect(end >= value && end <= value * 2.51, "\(value): \(end)")
        }
        for odd in [0, -1, Double.nan, .infinity] { #expect(Axis.roundUp(odd) == 1) }
    }

    @Test func `decades span what is shown`() {
        #expect(Axis.decades([3, 250]) == [1, 10, 100, 1000])
        #expect(Axis.decades([10, 10]) == [10, 100])
        #expect(Axis.decades([]) == [1, 10] && Axis.decades([0, -1, .nan]) == [1, 10])
        #expect(Axis.decades([1e-9, 1e30]).count <= 16)
    }

    @Test func `places on a logarithmic axis rise with the value, from end to end`() {
        let decades = Axis.decades([1, 1000])
        #expect(Axis.place(1, among: decades) == 0 && Axis.place(0, among: decades) == 0)
        #expect(Axis.place(1e9, among: decades) == 1 && Axis.place(5, among: [1]) == 0)
        #expect(abs(Axis.place(10, among: decades) - 1.0 / 3) < 1e-9)
        #expect(abs(Axis.place(31.622_776_6, among: decades) - 0.5) < 1e-3)
        var before = -1.0
        for step in 0..<300 {
            let place = Axis.place(1 + Double(step) * 3.3, among: decades)
            #expect(place >= before && place <= 1)
            before = place
        }
    }

    @Test func `the logarithm is good to four digits`() {
        for (value, logarithm) in [(1.0, 0.0), (2, 0.30103), (5, 0.69897), (9.99, 0.99957), (10, 1)] {
            #expect(abs(Axis.logarithm(value) - logarithm) < 1e-4, "\(value)")
        }
        #expect(Axis.logarithm(-5) == 0 && abs(Axis.logarithm(1e6) - 1) < 1e-4)
    }
}
