internal import Foundation
internal import Telemetry

/// What a run of load came to; tallies of several connections add up.
struct LoadTally: Sendable {
    var requests: UInt64 = 0
    var accepted: [String: UInt64] = [:]
    var refused: [String: UInt64] = [:]
    var failedRequests: UInt64 = 0
    var failures: [String: UInt64] = [:]
    var sentBytes: UInt64 = 0
    var latency = ExponentialHistogram()
    /// Traces of accepted requests, where somebody asked for them.
    var traceIDs: [TraceID] = []

    mutating func add(_ other: LoadTally) {
        self.requests += other.requests
        self.failedRequests += other.failedRequests
        self.sentBytes += other.sentBytes
        for (key, value) in other.accepted { self.accepted[key, default: 0] += value }
        for (key, value) in other.refused { self.refused[key, default: 0] += value }
        for (key, value) in other.failures { self.failures[key, default: 0] += value }
        self.latency.merge(other.latency)
        self.traceIDs += other.traceIDs
    }

    var acceptedItems: UInt64 { self.accepted.values.reduce(0, +) }

    func json(seconds: Double) throws -> [UInt8] {
        struct Body: Encodable {
            var seconds: Double
            var requests: UInt64
            var accepted: [String: UInt64]
            var refused: [String: UInt64]
            var failedRequests: UInt64
            var failures: [String: UInt64]
            var itemsPerSecond: Double
            var sentBytes: UInt64
            var latencyMs: [String: Double]
        }
        let shares = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1)]
        let body = Body(
            seconds: seconds,
            requests: self.requests,
            accepted: self.accepted,
            refused: self.refused,
            failedRequests: self.failedRequests,
            failures: self.failures,
            itemsPerSecond: Double(self.acceptedItems) / max(seconds, 0.001),
            sentBytes: self.sentBytes,
            latencyMs: Dictionary(
                uniqueKeysWithValues: shares.map { ($0.0, (self.latency.quantile($0.1) ?? 0) * 1000) }
            )
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode(body)) + [0x0a]
    }

    func text(seconds: Double) -> String {
        func list(_ counts: [String: UInt64]) -> String {
            counts.isEmpty
                ? "none"
                : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        }
        let milliseconds = { (share: Double) in
            Figures.milliseconds(self.latency.quantile(share).map { $0 * 1000 })
        }
        var text = "sent for \(Figures.decimal(seconds, 1)) s: \(self.requests) requests, "
        text += "\(Figures.bytes(Double(self.sentBytes)))\n"
        text +=
            "accepted  \(list(self.accepted)); \(Figures.rate(Double(self.acceptedItems) / max(seconds, 0.001))) items/s\n"
        text += "refused   \(list(self.refused))\n"
        if self.failedRequests > 0 { text += "failed    \(list(self.failures))\n" }
        text +=
            "latency   p50 \(milliseconds(0.5)), p95 \(milliseconds(0.95)), p99 \(milliseconds(0.99)), max \(milliseconds(1))\n"
        return text
    }
}
