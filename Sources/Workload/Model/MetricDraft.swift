import Telemetry

/// A metric before it is encoded.
struct MetricDraft: Sendable {
    var name: String
    var unit: String
    var shape: Shape
    var points: [Point]

    /// What a metric's points are; histograms and sums are cumulative.
    enum Shape: Sendable {
        case gauge
        case sum(isMonotonic: Bool)
        case histogram
        case exponentialHistogram
    }

    /// A series at one instant.
    struct Point: Sendable {
        var attributes: [Attribute]
        var value: Value
        /// A span that belongs to the value.
        var exemplar: Exemplar?

        init(_ attributes: [Attribute], _ value: Value, exemplar: Exemplar? = nil) {
            self.attributes = attributes
            self.value = value
            self.exemplar = exemplar
        }
    }

    enum Value: Sendable {
        case integer(Int64)
        case number(Double)
        case histogram(ExplicitHistogram)
        case exponential(ExponentialHistogram)
    }

    /// One measurement behind a point.
    struct Exemplar: Sendable {
        var trace: TraceID
        var span: SpanID
        var time: UInt64
        var value: Double
    }
}
