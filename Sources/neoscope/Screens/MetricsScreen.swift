/// Metric lines as text for people.
enum MetricsScreen {
    static func render(_ answer: MetricsAnswerBody) -> String {
        let missing = ClusterScreen.missing(answer.missingNodes)
        guard !answer.series.isEmpty else { return "no such metric in this time\n" + missing }
        var table = TextTable(["metric", "labels", "time", "value", "min", "max", "count", "p95"])
        for line in answer.series {
            let labels = line.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                separator: " "
            )
            for point in line.points {
                table.add([
                    line.name, labels, String(point.time.prefix(19)), self.number(point.mean ?? point.sum),
                    self.number(point.min), self.number(point.max), self.number(point.count),
                    self.number(point.p95),
                ])
            }
        }
        return table.text + missing
    }

    static func render(_ answer: LatestAnswerBody) -> String {
        guard let window = answer.window, !answer.series.isEmpty else {
            return "no such metric in the newest window\n"
        }
        var table = TextTable(["metric", "labels", "value", "min", "max", "count", "p95", "slots", ""])
        for line in answer.series {
            let labels = line.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let value = line.value
            table.add([
                line.name, labels.joined(separator: " "),
                self.number(value.mean ?? value.distinct ?? value.sum), self.number(value.min),
                self.number(value.max), self.number(value.count), self.number(value.p95),
                "\(line.slots)", line.unsettled ? "unsettled" : "",
            ])
        }
        return "window \(window.from.prefix(19)) to \(window.to.prefix(19))\n" + table.text
    }

    private static func number(_ value: Double?) -> String { value.map { Figures.decimal($0, 4) } ?? "-" }
}
