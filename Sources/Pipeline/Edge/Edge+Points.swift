package import Telemetry

extension Edge {
    /// Takes an ExportMetricsServiceRequest; what it counts is data points.
    ///
    /// - Throws: ``Refusal/malformed(_:)`` where the bytes are no such request; then nothing of it was taken.
    package mutating func receiveMetrics(_ bytes: RawSpan, at now: ClusterTime) throws(Refusal) -> Admission {
        self.advance(to: now)
        do throws(WireFailure) { try self.scanner.scanMetrics(bytes, into: &self.scan) } catch {
            throw self.refuse(.points, .malformed(String(describing: error)))
        }
        self.makeRoom()
        self.noteEnvelopes(.points)
        var admission = Admission()
        for metric in self.scan.items {
            let reference = self.references[Int(metric.resource)]
            var item = NewItem(key: .service(self.counter.services.names[Int(reference.service)]))
            item.resource = reference.table
            item.scope = self.references[Int(metric.scope)].table
            item.start = now.nanoseconds
            item.end = now.nanoseconds
            item.units = metric.units
            if metric.noteCount > 0 {
                // Counted as kept: attributes become labels of series, which reach the disk too.
                let body = self.redacted(metric, bytes)
                self.points.add(item, bytes: body.raw)
                self.counter.count(metric: WireReader(body.raw), service: reference.service, at: now)
            } else {
                self.points.add(item, bytes: bytes.extracting(metric.body))
                self.counter.count(
                    metric: WireReader(bytes, metric.body),
                    service: reference.service,
                    at: now
                )
            }
            admission.accepted += Int(metric.units)
        }
        self.admit(.points, UInt64(admission.accepted))
        return admission
    }
}
