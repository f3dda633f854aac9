internal import Telemetry

/// Makes names that Prometheus takes out of names that senders chose (Prometheus, "Metric names and labels").
enum PrometheusName {
    /// Letters, digits, underscores and colons; not empty, and no digit in front.
    static func metric(_ name: String) -> String { self.cleaned(name) { $0 == UInt8(ascii: ":") } }

    /// Labels with distinct names that are not reserved.
    static func labels(_ labels: [MetricLabel]) -> [MetricLabel] {
        var result: [MetricLabel] = []
        for label in labels {
            var name = self.cleaned(label.name) { _ in false }
            // Names with two underscores are Prometheus's own, and `le` is that of buckets.
            while name.hasPrefix("__") { name.removeFirst() }
            if name == "le" { name = "exported_le" }
            while result.contains(where: { $0.name == name }) { name += "_" }
            result.append(MetricLabel(name, label.value))
        }
        return result
    }

    private static func cleaned(_ name: String, _ isAllowed: (UInt8) -> Bool) -> String {
        var bytes = name.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            return isPlain || isAllowed(byte) ? byte : UInt8(ascii: "_")
        }
        if bytes.isEmpty || (0x30...0x39).contains(bytes[0]) { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
