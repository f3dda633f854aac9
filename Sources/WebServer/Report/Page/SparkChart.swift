/// A share over time, small: from 0 to 100 % everywhere, so that charts beside each other compare.
struct SparkChart {
    /// What it is about, for who cannot see it.
    let name: Markup
    /// 0 to 1; nil where nothing is known.
    let values: [Double?]

    private static let (width, height) = (180.0, 44.0)

    var markup: Markup {
        let known = self.values.compactMap { $0 }
        guard let highest = known.max() else { return "<span class=\"quiet\">not known</span>" }
        let latest = known.last ?? 0
        var shapes: [Markup] = []
        for run in self.runs {
            let points = run.map { "\(PageNumbers.decimal($0.x, 1)),\(PageNumbers.decimal($0.y, 1))" }
            guard let first = run.first, let last = run.last else { continue }
            let line = points.joined(separator: " ")
            shapes.append(
                """
                <polygon class="area" points="\(first.x),\(Self.height) \(line) \(last.x),\(Self.height)"/>\
                <polyline class="edge" points="\(line)"/>
                """
            )
        }
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="\(self.name): at the end \
            \(PageNumbers.percent(latest)), at most \(PageNumbers.percent(highest))"><title>\(self.name): at the end \
            \(PageNumbers.percent(latest)), at most \(PageNumbers.percent(highest))</title>\
            <line class="axis" x1="0" x2="\(Self.width)" y1="\(Self.height - 0.5)" y2="\(Self.height - 0.5)"/>\
            <line class="axis" x1="0" x2="\(Self.width)" y1="0.5" y2="0.5"/>\(shapes)</svg>
            """
    }

    /// Points without a gap between them; a single one is drawn a little wide.
    private var runs: [[(x: Double, y: Double)]] {
        let step = Self.width / Double(max(self.values.count - 1, 1))
        var runs: [[(x: Double, y: Double)]] = [[]]
        for (index, value) in self.values.enumerated() {
            guard let value else {
                if runs[runs.count - 1].isEmpty == false { runs.append([]) }
                continue
            }
            let y = Self.height - 1 - min(max(value, 0), 1) * (Self.height - 2)
            runs[runs.count - 1].append((Double(index) * step, y))
        }
        return runs.filter { !$0.isEmpty }.map { run in
            guard run.count == 1, let only = run.first else { return run }
            return [(max(only.x - step / 2, 0), only.y), (min(only.x + step / 2, Self.width), only.y)]
        }
    }
}
