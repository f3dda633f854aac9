internal import Telemetry

/// How many different sessions each service had in one window.
///
/// A session is known by the hash of its id alone, which is no label and leaves the edge in no other form.
struct SessionCounter {
    /// By the service's number.
    private var sketches: [HyperLogLog] = []

    /// Counts a session of a service.
    mutating func count(_ session: UInt64, service: UInt32) {
        while self.sketches.count <= Int(service) { self.sketches.append(HyperLogLog()) }
        self.sketches[Int(service)].insert(hash: session)
    }

    /// Gives what was counted, by the services' numbers, and starts afresh.
    mutating func drain(services: [String]) -> [(series: Series, value: SlotValue, isEstimated: Bool)] {
        defer { self.sketches.removeAll(keepingCapacity: true) }
        return zip(services, self.sketches).filter { !$0.1.isEmpty }.map { service, sketch in
            let series = Series(
                MetricName.sessions,
                unit: "{session}",
                kind: .distinct,
                subject: .service(service)
            )
            return (series, .distinct(sketch), false)
        }
    }
}
