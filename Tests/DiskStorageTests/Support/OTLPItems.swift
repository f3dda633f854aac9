import Storage
import Telemetry

/// The items of TracesData or LogsData.
enum OTLPItems {
    static func bodies(_ data: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var reader = WireReader(data.raw)
        while let group = reader.nextField() {
            guard let range = group.payload else { continue }
            var inner = WireReader(data.raw, range)
            while let scope = inner.nextField() {
                guard scope.number == 2, let scopeRange = scope.payload else { continue }
                var items = WireReader(data.raw, scopeRange)
                while let item = items.nextField() {
                    if item.number == 2, let itemRange = item.payload {
                        result.append(Array(data[itemRange]))
                    }
                }
            }
        }
        return result
    }
}

/// How often each body occurs.
func multiset(_ bodies: [[UInt8]]) -> [[UInt8]: Int] {
    bodies.reduce(into: [:]) { $0[$1, default: 0] += 1 }
}
