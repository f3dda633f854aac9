internal import OTLP
internal import Storage
internal import Telemetry

/// The answer about the newest closed window: totals by series, as they are or merged by labels.
enum LatestAnswer {
    /// The answer's JSON.
    ///
    /// With `by`, series that agree in those labels are merged; nil keeps all labels. Nil totals are a window that nobody
    /// knows.
    static func json(_ totals: WindowTotals?, by: [String]?, answeredBy identity: NodeIdentity) -> [UInt8] {
        let lines = (totals?.lines ?? []).map { Line($0) }
        var writer = JSONWriter(capacityBytes: 4096)
        writer.object { body in
            body.key("window")
            if let window = totals?.window {
                body.object { times in
                    times.key("from")
                    times.timestamp(unixNanoseconds: window.start.nanoseconds)
                    times.key("to")
                    times.timestamp(unixNanoseconds: window.end.nanoseconds)
                }
            } else {
                body.null()
            }
            body.key("series")
            body.array(of: by.map { self.merged(lines, by: $0) } ?? lines) { $0.total($1) }
            body.key("answered_by")
            body.node(identity)
        }
        return writer.bytes
    }

    fileprivate struct Line {
        var labels: [MetricLabel]
        var total: WindowTotals.Line

        init(_ total: WindowTotals.Line) {
            self.labels = total.series.labels
            self.total = total
        }
    }

    private static func merged(_ lines: [Line], by: [String]) -> [Line] {
        var result: [Line] = []
        var places: [[String]: Int] = [:]
        var names: [String] = []
        for name in by where !names.contains(name) { names.append(name) }
        for var line in lines {
            line.labels = names.compactMap { name in line.labels.first { $0.name == name } }
            let series = line.total.series
            // Values of another kind or unit do not add up with these.
            let identity =
                [series.name, series.unit, "\(series.kind.rawValue)"]
                + line.labels.flatMap { [$0.name, $0.value] }
            guard let place = places[identity] else {
                places[identity] = result.count
                result.append(line)
                continue
            }
            result[place].total.value.merge(line.total.value)
            result[place].total.slotCount =
                result[place].total.slotCount.saturatingAdd(line.total.slotCount)
            result[place].total.isEstimated = result[place].total.isEstimated || line.total.isEstimated
            result[place].total.isUnsettled = result[place].total.isUnsettled || line.total.isUnsettled
        }
        return result
    }
}

extension JSONWriter {
    fileprivate mutating func total(_ line: LatestAnswer.Line) {
        self.object { object in
            object.member("name", line.total.series.name)
            object.member("unit", line.total.series.unit)
            object.key("labels")
            object.object { labels in
                for label in line.labels { labels.member(label.name, label.value) }
            }
            object.member("estimated", line.total.isEstimated)
            object.member("unsettled", line.total.isUnsettled)
            object.key("slots")
            object.integer(line.total.slotCount)
            object.key("value")
            object.object { $0.slotValue(line.total.value) }
        }
    }
}
