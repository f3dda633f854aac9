import Telemetry

@testable import Workload

/// What the program's own scanner makes of a batch.
func scanned(_ batch: Batch) throws -> ScanResult {
    var result = ScanResult()
    let scanner = Scanner(filter: AttributeFilter(contentKeys: AttributeFilter.contentKeys))
    switch batch.signal {
    case .spans: try scanner.scanTraces(batch.bytes.raw, into: &result)
    case .logs: try scanner.scanLogs(batch.bytes.raw, into: &result)
    default: try scanner.scanMetrics(batch.bytes.raw, into: &result)
    }
    return result
}

/// An instant of the year 2023.
let now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
