/// The kinds of telemetry; the raw value stands in every frame.
package enum Signal: UInt8, CaseIterable, Sendable {
    case spans = 1
    case logs = 2
    case points = 3
    case slots = 4

    /// The label value of the program's own metrics.
    package var name: String {
        switch self {
        case .spans: "spans"
        case .logs: "logs"
        case .points: "points"
        case .slots: "slots"
        }
    }
}
