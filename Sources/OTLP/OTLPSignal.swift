/// What an OTLP request carries.
package enum OTLPSignal: String, CaseIterable, Sendable {
    case traces
    case metrics
    case logs
}
