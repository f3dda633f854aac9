internal import Telemetry

/// Percentiles of operations beside each other on one logarithmic axis.
struct LatencyChart {
    /// One operation's percentiles in milliseconds.
    struct Row {
        var name: String
        var p50: Double
        var p95: Double
        var p99: Double
    }

    let rows: [Row]

    private static let (width, left, right) = (900.0, 320.0, 20.0)
    private static let (top, bottom, pitch) = (6.0, 24.0, 24.0)
    /// Characters of a name that fit beside the chart.
    private static let nameMax = 46

    /// The operations that took most time and were measured.
    init(_ operations: [Report.Operation], limit: Int = 12) {
        self.rows = operations.prefix(limit).compactMap { operation in
            guard let p50 = operation.durations.quantile(0.5), let p95 = operation.durations.quantile(0.95),
                let p99 = operation.durations.quantile(0.99)
            else { return nil }
            let name = "\(operation.service)  \(operation.name)"
            return Row(name: name, p50: p50 * 1000, p95: p95 * 1000, p99: p99 * 1000)
        }
    }

    var markup: Markup {
        let decades = Axis.decades(self.rows.flatMap { [$0.p50, $0.p99] })
        let height = Self.top + Self.bottom + Self.pitch * Double(self.rows.count)
        func place(_ value: Double) -> Double {
            Self.left + Axis.place(value, among: decades) * (Self.width - Self.left - Self.right)
        }
        let lines = decades.map { decade -> Markup in
            let x = place(decade)
            return """
                <line class="axis" x1="\(x)" x2="\(x)" y1="\(Self.top)" y2="\(height - Self.bottom)"/>\
                <text x="\(x)" y="\(height - 8)" text-anchor="middle">\(Self.label(decade))</text>

                """
        }
        let rows = self.rows.enumerated().map { index, row -> Markup in
            self.row(row, at: Self.top + Self.pitch * (Double(index) + 0.5), place)
        }
        return """
            <svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-labelledby="latency-title latency-text">
            <title id="latency-title">Latency of operations</title>
            <desc id="latency-text">For each operation a bar from its median to its 99th percentile, on a logarithmic \
            axis. All numbers are in the table of operations.</desc>
            \(lines)\(rows)</svg>

            """
    }

    private func row(_ row: Row, at y: Double, _ place: (Double) -> Double) -> Markup {
        let (low, middle, high) = (place(row.p50), place(row.p95), place(row.p99))
        let name = row.name.count <= Self.nameMax ? row.name : row.name.prefix(Self.nameMax - 1) + "…"
        return """
            <g><title>\(row.name): p50 \(PageNumbers.milliseconds(row.p50)), p95 \
            \(PageNumbers.milliseconds(row.p95)), p99 \(PageNumbers.milliseconds(row.p99))</title>\
            <text class="name" x="\(Self.left - 14)" y="\(y + 4)" text-anchor="end">\(name)</text>\
            <rect class="range" x="\(low)" y="\(y - 5)" width="\(max(high - low, 1))" height="10" rx="2"/>\
            <circle class="median" cx="\(low)" cy="\(y)" r="5"/>\
            <line class="high" x1="\(middle)" x2="\(middle)" y1="\(y - 5)" y2="\(y + 5)"/>\
            <line class="high" x1="\(high)" x2="\(high)" y1="\(y - 8)" y2="\(y + 8)"/></g>

            """
    }

    /// A power of ten of milliseconds, without digits that it does not need.
    private static func label(_ milliseconds: Double) -> String {
        switch milliseconds {
        case ..<0.0009: PageNumbers.decimal(milliseconds * 1e6, 0) + " ns"
        case ..<0.9: PageNumbers.decimal(milliseconds * 1e3, 0) + " µs"
        case ..<900: PageNumbers.decimal(milliseconds, 0) + " ms"
        default: PageNumbers.decimal(milliseconds / 1000, 0) + " s"
        }
    }
}
