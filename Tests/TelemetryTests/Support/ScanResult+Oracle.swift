import OTLPMessages
import SwiftProtobuf
import Telemetry

extension Scanner {
    /// Scans a request of any signal.
    func scan(_ bytes: [UInt8], _ shape: WireShape, into result: inout ScanResult) throws(WireFailure) {
        switch shape {
        case .traces: try self.scanTraces(bytes.raw, into: &result)
        case .logs: try self.scanLogs(bytes.raw, into: &result)
        default: try self.scanMetrics(bytes.raw, into: &result)
        }
    }
}

extension ScanResult {
    /// What was found, in the oracle's words.
    func items(in bytes: [UInt8]) -> [Oracle.Item] {
        self.items.map { record in
            let resource = self.envelopes[Int(record.resource)]
            var item = Oracle.Item()
            item.trace = record.trace
            item.span = record.span
            item.parent = record.parent
            item.start = record.start
            item.end = record.end
            item.name = bytes.raw.text(record.name)
            item.traceState = bytes.raw.text(record.traceState)
            item.kind = record.kind
            item.status = record.status
            item.units = record.units
            item.defect = record.defect
            item.service = resource.service
            item.version = resource.version
            item.host = resource.host
            let scope = Array(self.bytes(of: self.envelopes[Int(record.scope)]))
            item.scope = (try? OTLPScopeSpans(serializedBytes: scope))?.scope.name ?? "no scope"
            return item
        }
    }
}
