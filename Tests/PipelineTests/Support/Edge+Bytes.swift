import Pipeline
import Telemetry

extension Edge {
    /// Takes traces from an array, which a test often makes on the spot.
    mutating func takeTraces(_ bytes: [UInt8], at now: ClusterTime) throws(Refusal) -> Admission {
        try self.receiveTraces(bytes.raw, at: now)
    }

    /// Takes logs from an array.
    mutating func takeLogs(_ bytes: [UInt8], at now: ClusterTime) throws(Refusal) -> Admission {
        try self.receiveLogs(bytes.raw, at: now)
    }

    /// Takes metrics from an array.
    mutating func takeMetrics(_ bytes: [UInt8], at now: ClusterTime) throws(Refusal) -> Admission {
        try self.receiveMetrics(bytes.raw, at: now)
    }
}
