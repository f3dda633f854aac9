internal import Telemetry

/// Calls and errors a second over time, as columns.
struct TrafficChart {
    private var timeline: Timeline

    /// What is no rate is shown as none.
    init(timeline: Timeline) {
        self.timeline = timeline
        func clean(_ rate: Double) -> Double { rate.isFinite ? max(rate, 0) : 0 }
        self.timeline.calls = timeline.calls.map(clean)
        self.timeline.errors = zip(timeline.errors, self.timeline.calls).map { min(clean($0), $1) }
    }

    private static let (width, height) = (900.0, 230.0)
    private static let (left, right, top, bottom) = (56.0, 6.0, 14.0, 24.0)

    var markup: Markup {
        let timeline = self.timeline
        let count = timeline.calls.count
        let high = Axis.roundUp(timeline.calls.max() ?? 0)
        let slot = (Self.width - Self.left - Self.right) / Double(max(count, 1))
        let floor = Self.height - Self.bottom
        let room = floor - Self.top
        var columns: [Markup] = []
        for index in 0..<count {
            let (calls, errors) = (timeline.calls[index], timeline.errors[index])
            let place = Self.left + Double(index) * slot
            let time = timeline.start + UInt64(index) * timeline.step
            let words: Markup = """
                \(PageNumbers.clock(time, withSeconds: true)): \(PageNumbers.rate(calls)) calls/s, \
                \(PageNumbers.rate(errors)) errors/s
                """
            let (all, failed) = (calls / high * room, errors / high * room)
            columns.append(
                """
                <g><title>\(words)</title>\(Self.column(place, floor - all, slot, all, "calls"))\
                \(failed > 0 ? Self.column(place, floor - max(failed, 1), slot, max(failed, 1), "errors") : "")</g>

                """
            )
        }
        return """
            <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-labelledby="traffic-title traffic-text">
            <title id="traffic-title">Calls and errors a second</title>
            <desc id="traffic-text">Columns of \(PageNumbers.duration(Double(timeline.step) / 1e9)) each; \
            the highest has \(PageNumbers.rate(timeline.calls.max())) calls a second. All numbers are in the table below.\
            </desc>
            \(self.ticks(high, floor, room))\(columns)\(self.times(slot, floor))</svg>

            """
    }

    private static func column(
        _ x: Double,
        _ y: Double,
        _ slot: Double,
        _ height: Double,
        _ kind: Markup
    ) -> Markup {
        """
        <rect class="\(kind)" x="\(x + slot * 0.08)" y="\(y)" width="\(max(slot * 0.84, 0.5))" height="\(height)"/>
        """
    }

    private func ticks(_ high: Double, _ floor: Double, _ room: Double) -> [Markup] {
        [0, 0.5, 1].map { share in
            let y = floor - share * room
            return """
                <line class="axis" x1="\(Self.left)" x2="\(Self.width - Self.right)" y1="\(y)" y2="\(y)"/>\
                <text x="\(Self.left - 8)" y="\(y + 4)" text-anchor="end">\(PageNumbers.rate(share * high))/s</text>

                """
        }
    }

    /// About six times below the axis.
    private func times(_ slot: Double, _ floor: Double) -> [Markup] {
        let count = self.timeline.calls.count
        let every = max((count + 5) / 6, 1)
        return stride(from: 0, to: count, by: every).map { index in
            let time = self.timeline.start + UInt64(index) * self.timeline.step
            let label = PageNumbers.clock(time, withSeconds: self.timeline.step < 60_000_000_000)
            let x = Self.left + Double(index) * slot
            return "<text x=\"\(x)\" y=\"\(floor + 17)\">\(label)</text>\n"
        }
    }

    /// The same numbers, for who cannot see the columns.
    var table: PageTable {
        var table = PageTable(
            "Calls and errors by time (UTC)",
            [.text("time"), .number("calls/s"), .number("errors/s")]
        )
        for (index, calls) in self.timeline.calls.enumerated() {
            let time = self.timeline.start + UInt64(index) * self.timeline.step
            table.add([
                "\(PageNumbers.clock(time, withSeconds: true))", "\(PageNumbers.rate(calls))",
                "\(PageNumbers.rate(self.timeline.errors[index]))",
            ])
        }
        return table
    }
}
