/// Traces as text for people.
enum TraceScreen {
    static func table(_ traces: [TraceLine]) -> String {
        var table = TextTable(["  trace", "root", "start", "duration", "spans", "errors"])
        for line in traces {
            let root = [line.rootService, line.rootOperation].compactMap { $0 }.joined(separator: " ")
            table.add([
                "  " + line.traceId, root, String(line.startTime.prefix(23)),
                Figures.milliseconds(line.durationMs),
                String(line.spans), String(line.errors),
            ])
        }
        return table.text
    }

    static func list(_ answer: SearchAnswerBody) -> String {
        let found = answer.traces.isEmpty ? "no traces fit\n" : self.table(answer.traces)
        guard answer.missingNodes.isEmpty else { return found + ClusterScreen.missing(answer.missingNodes) }
        return found + (answer.complete ? "" : "the search ended at its work budget; narrow it to be sure\n")
    }

    /// A tree of spans with a waterfall beside it.
    static func render(_ trace: TraceAnswer) -> String {
        let starts = trace.spans.map { UInt64($0.startTimeUnixNano) ?? 0 }
        let first = starts.min() ?? 0
        let ends = zip(trace.spans, starts).map { Double($1 - first) / 1e6 + $0.durationMs }
        let total = max(ends.max() ?? 0, 0.000_001)
        var children: [String: [Int]] = [:]
        let ids = Set(trace.spans.map(\.spanId))
        var roots: [Int] = []
        for (index, span) in trace.spans.enumerated() {
            if let parent = span.parentSpanId, ids.contains(parent), parent != span.spanId {
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
                String(repeating: "  ", count: min(depth, 20)) + span.operationName, span.service,
                Figures.milliseconds(span.durationMs), span.status,
                self.waterfall(begin, span.durationMs / total),
            ])
            for child in (children[span.spanId] ?? []).reversed() { stack.append((child, depth + 1)) }
        }
        var text = "trace \(trace.traceId), \(trace.spans.count) spans, \(Figures.milliseconds(total))"
        if trace.duplicateSpans > 0 { text += ", \(trace.duplicateSpans) duplicates left out" }
        let moved = trace.spans.count { $0.clockAdjustedMs != nil }
        if moved > 0 {
            text += ", \(moved) moved because hosts' clocks differ (--unaligned shows them as told)"
        }
        text += "\n" + table.text
        for log in trace.logs ?? [] {
            text += Figures.plain("log \(log.time) \(log.severity) \(log.service): \(log.body.text)") + "\n"
        }
        return text + ClusterScreen.missing(trace.missingNodes)
    }

    private static func waterfall(_ begin: Double, _ length: Double) -> String {
        let cells = 40
        let start = min(Int(begin * Double(cells)), cells - 1)
        let width = max(1, min(Int((length * Double(cells)).rounded()), cells - start))
        return String(repeating: " ", count: start) + String(repeating: "▆", count: width)
    }
}
