internal import Telemetry

/// The number of a point as its sender wrote it: whole numbers keep all their digits.
struct MetricNumber: Equatable {
    /// The number, or the nearest one that a double has.
    let value: Double
    /// The number in billionths of the unit, exact for whole numbers; zero for what is not a number.
    let nano: Int128

    init(_ value: Double) {
        self.value = value
        self.nano = ExponentialHistogram.nano(value)
    }

    init(_ value: Int64) {
        self.value = Double(value)
        self.nano = Int128(value) * 1_000_000_000
    }
}
