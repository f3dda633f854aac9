/// Traces as text for people.
enum TraceScreen {
    static func table(_ traces: [TraceLine]) -> String {
        var table = TextTable(["  trace", "root", "start", "duration", "spans", "errors"])
        for line in traces {
            let root = [line.root_service, line.root_operation].compactMap { $0 }.joined(separator: " ")
            table.add([
                "  " + line.trace_id, root, String(line.start_time.prefix(23)), Figures.milliseconds(line.duration_ms),
                String(line.spans), String(line.errors),
            ])
        }
        return table.text
    }

    static func list(_ answer: SearchAnswerBody) -> String {
        guard !answer.traces.isEmpty else { return "no traces fit\n" }
        return self.table(answer.traces)
            + (answer.complete ? "" : "the search ended at its work budget; narrow it to be sure\n")
    }

    /// A tree of spans with a waterfall beside it.
    static func render(_ trace: TraceAnswer) -> String {
        let starts = trace.spans.map { UInt64($0.start_time_unix_nano) ?? 0 }
        let first = starts.min() ?? 0
        let ends = zip(trace.spans, starts).map { Double($1 - first) / 1e6 + $0.duration_ms }
        let total = max(ends.max() ?? 0, 0.000_001)
        var children: [String: [Int]] = [:]
        let ids = Set(trace.spans.map(\.span_id))
        var roots: [Int] = []
        for (index, span) in trace.spans.enumerated() {
            if let parent = span.parent_span_id, ids.contains(parent), parent != span.span_id {
                children[parent, default: []].append(index)
            } else {
                roots.append(index)
            }
        }
        var table = TextTable(["span", "service", "duration", "status", ""])
        var seen: Set<Int> = []
        // Depth first, without recursion: a trace may be very deep, and parents may form a ring.
        var stack = roots.reversed().map { ($0, 0) }
        while let (index, depth) = stack.popLast() {
            guard seen.insert(index).inserted else { continue }
            let span = trace.spans[index]
            let begin = Double(starts[index] - first) / 1e6 / total
            table.add([
                String(repeating: "  ", count: min(depth, 20)) + span.operation_name, span.service,
                Figures.milliseconds(span.duration_ms), span.status, self.waterfall(begin, span.duration_ms / total),
            ])
            for child in (children[span.span_id] ?? []).reversed() { stack.append((child, depth + 1)) }
        }
        var text = "trace \(trace.trace_id), \(trace.spans.count) spans, \(Figures.milliseconds(total))"
        if trace.duplicate_spans > 0 { text += ", \(trace.duplicate_spans) duplicates left out" }
        text += "\n" + table.text
        for log in trace.logs ?? [] { text += "log \(log.time) \(log.severity) \(log.service): \(log.body.text)\n" }
        return text
    }

    private static func waterfall(_ begin: Double, _ length: Double) -> String {
        let cells = 40
        let start = min(Int(begin * Double(cells)), cells - 1)
        let width = max(1, min(Int((length * Double(cells)).rounded()), cells - start))
        return String(repeating: " ", count: start) + String(repeating: "▆", count: width)
    }
}

/// Log records as text for people.
enum LogScreen {
    static func render(_ answer: LogAnswerBody) -> String {
        let logs = answer.logs ?? []
        guard !logs.isEmpty else { return "no log records fit\n" }
        return logs.map { "\($0.time)  \($0.severity)  \($0.service)  \($0.body.text)\n" }.joined()
    }
}

/// Metric lines as text for people.
enum MetricsScreen {
    static func render(_ answer: MetricsAnswerBody) -> String {
        guard !answer.series.isEmpty else { return "no such metric in this time\n" }
        var table = TextTable(["metric", "labels", "time", "value", "min", "max", "count", "p95"])
        for line in answer.series {
            let labels = line.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            for point in line.points {
                table.add([
                    line.name, labels, String(point.time.prefix(19)), self.number(point.mean ?? point.sum),
                    self.number(point.min), self.number(point.max), self.number(point.count), self.number(point.p95),
                ])
            }
        }
        return table.text
    }

    private static func number(_ value: Double?) -> String { value.map { Figures.decimal($0, 4) } ?? "-" }
}
