import Telemetry
import Testing

@testable import WebServer

@Suite struct DropTests {
    private func family(_ name: String, _ value: Double, _ labels: [String: String]) -> MetricFamily {
        let sorted = labels.sorted { $0.key < $1.key }.map { MetricLabel($0.key, $0.value) }
        return MetricFamily(name, help: "", kind: .counter, readings: [MetricReading(value, labels: sorted)])
    }

    @Test func `what was lost or refused is told with its reason, and nothing else`() {
        let drops = Drop.all(in: [
            self.family("neoscope_items_in_total", 9, ["signal": "spans"]),
            self.family("neoscope_peer_rejections_total", 1, ["reason": "version"]),
            self.family(
                "neoscope_items_dropped_total",
                2,
                ["signal": "logs", "stage": "store", "reason": "write_failed"]
            ),
            self.family("neoscope_items_dropped_total", 0, ["reason": "sampled"]),
            self.family("neoscope_storage_expired_items_total", 7, ["signal": "spans"]),
        ])
        #expect(
            drops == [
                Drop(kind: .dropped, signal: "logs", stage: "store", reason: "write_failed", count: 2),
                Drop(kind: .refusedPeers, reason: "version", count: 1),
                Drop(kind: .expired, signal: "spans", reason: "retention", count: 7),
            ]
        )
        #expect(Drop.all(in: []).isEmpty)
    }
}
