internal import HTTPTypes
internal import OTLP
internal import Storage
internal import Telemetry

/// The answer to a metrics query: lines, as stored or merged by labels.
enum MetricsAnswer {
    /// The answer's JSON.
    ///
    /// With `by`, lines that agree in those labels are merged; nil keeps all labels.
    static func json(
        _ answer: SeriesAnswer,
        by: [String]?,
        _ query: SeriesQuery,
        answeredBy identity: NodeIdentity
    ) -> [UInt8] {
        let lines = answer.lines
        var writer = JSONWriter(capacityBytes: 4096)
        writer.object { body in
            body.key("from")
            body.timestamp(unixNanoseconds: query.from)
            body.key("to")
            body.timestamp(unixNanoseconds: query.to)
            body.key("series")
            body.array(of: by.map { self.merged(lines, by: $0) } ?? lines.map { Line($0) }) { list, line in
                list.object { object in
                    object.member("name", line.name)
                    object.member("unit", line.unit)
                    object.key("labels")
                    object.object { labels in
                        for label in line.labels { labels.member(label.name, label.value) }
                    }
                    object.member("estimated", line.isEstimated)
                    object.key("points")
                    object.array(of: line.points) { points, point in
                        points.object { values in
                            values.key("time")
                            values.timestamp(unixNanoseconds: point.start)
                            values.slotValue(point.value)
                        }
                    }
                }
            }
            body.member("missing_nodes", answer.missing)
            body.key("answered_by")
            body.node(identity)
        }
        return writer.bytes
    }

    /// Refuses labels that no line has: all lines would become one without a word.
    static func check(_ by: [String], against lines: [SeriesLine]) throws(APIFailure) {
        let known = Set(lines.flatMap { line in line.series.labels.map(\.name) })
        guard !lines.isEmpty, let strange = by.first(where: { !known.contains($0) }) else { return }
        let shown = known.sorted().prefix(Self.labelsShown).joined(separator: ", ")
        let more = known.count > Self.labelsShown ? ", …" : ""
        throw APIFailure(
            .badRequest,
            "expected by to name labels of these series (\(shown)\(more)), not \"\(strange)\""
        )
    }

    private static let labelsShown = 30

    private struct Line {
        var name: String
        var unit: String
        var labels: [MetricLabel]
        var isEstimated: Bool
        var points: [SeriesPoint]

        init(_ line: SeriesLine) {
            self.name = line.series.name
            self.unit = line.series.unit
            self.labels = line.series.labels
            self.isEstimated = line.isEstimated
            self.points = line.points
        }
    }

    private static func merged(_ lines: [SeriesLine], by: [String]) -> [Line] {
        var order: [[String]] = []
        var groups: [[String]: (line: Line, steps: [UInt64: SlotValue])] = [:]
        var names: [String] = []
        for name in by where !names.contains(name) { names.append(name) }
        for line in lines {
            var head = Line(line)
            head.labels = names.compactMap { name in head.labels.first { $0.name == name } }
            // Values of another kind or unit do not add up with these.
            let kind = "\(line.series.kind.rawValue)"
            let identity = [head.name, head.unit, kind] + head.labels.flatMap { [$0.name, $0.value] }
            if groups[identity] == nil {
                order.append(identity)
                groups[identity] = (head, [:])
            }
            if line.isEstimated { groups[identity]?.line.isEstimated = true }
            for point in line.points where groups[identity]?.steps[point.start]?.merge(point.value) == nil {
                groups[identity]?.steps[point.start] = point.value
            }
        }
        return order.compactMap { groups[$0] }.map { group in
            var line = group.line
            line.points = group.steps.map { SeriesPoint(start: $0, value: $1) }.sorted { $0.start < $1.start }
            return line
        }
    }
}
