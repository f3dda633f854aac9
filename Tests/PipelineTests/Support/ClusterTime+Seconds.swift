import Telemetry

extension ClusterTime {
    /// A time in the tests' own epoch, which begins with a window.
    static func seconds(_ seconds: Double) -> ClusterTime {
        ClusterTime(nanoseconds: 1_700_000_000_000_000_000 + UInt64(seconds * 1e9))
    }
}

extension RunID {
    static let test = RunID(high: 7, low: 8)
}
