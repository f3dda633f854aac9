internal import Pipeline
internal import Storage
internal import Telemetry

extension ReportPage {
    /// What AI agents did: models, tools and skills.
    var agents: Markup {
        let (models, tools) = (self.modelTable, self.toolTable)
        var markup: Markup = ""
        if !models.isEmpty { markup += "<h2>Models</h2>\n\(models.markup)" }
        if !tools.isEmpty { markup += "<h2>Tools and skills</h2>\n\(tools.markup)" }
        return markup
    }

    /// Durations of calls, and how many failed.
    private struct Calls {
        var durations = ExponentialHistogram()
        var errors: UInt64 = 0

        mutating func add(_ line: SeriesLine) {
            for point in line.points {
                guard case .histogram(let histogram) = point.value else { continue }
                self.durations.merge(histogram)
                if line.series["status.code"] == "error" || line.series["error.type"] != nil {
                    self.errors = self.errors.saturatingAdd(histogram.count)
                }
            }
        }
    }

    private var modelTable: PageTable {
        var calls: [String: Calls] = [:]
        // As for tools: what a client measures itself counts where its spans do not tell the same calls.
        var measured: [String: Calls] = [:]
        var sums: [String: [String: Double]] = [:]
        for line in self.report.series {
            let model = line.series["gen_ai.request.model"] ?? "?"
            switch line.series.name {
            case MetricName.modelDuration:
                if line.series["status.code"] != nil {
                    calls[model, default: Calls()].add(line)
                } else {
                    measured[model, default: Calls()].add(line)
                }
            case MetricName.modelTokens:
                let kind = line.series["gen_ai.token.type"] ?? ""
                sums[model, default: [:]][kind, default: 0] += Self.sum(line)
            case MetricName.modelCost: sums[model, default: [:]]["cost", default: 0] += Self.sum(line)
            default: break
            }
        }
        calls.merge(measured) { known, _ in known }
        var table = PageTable(
            "Model calls by name",
            [
                .text("model"), .number("calls"), .number("errors"), .number("p50"), .number("p95"),
                .number("tokens in"), .number("tokens out"), .number("cached"), .number("cost"),
            ]
        )
        for (model, line) in calls.sorted(by: { $0.key < $1.key }).prefix(Self.rowsMax) {
            let count = Double(line.durations.count)
            let own = sums[model] ?? [:]
            func tokens(_ kind: String) -> Markup { "\(PageNumbers.count(own[kind] ?? 0))" }
            let cost = own["cost"].map { "$" + PageNumbers.decimal($0, 4) }
            table.add([
                "\(model)", "\(PageNumbers.count(count))",
                "\(PageNumbers.percent(count > 0 ? Double(line.errors) / count : nil))",
                "\(Self.time(line.durations.quantile(0.5)))", "\(Self.time(line.durations.quantile(0.95)))",
                tokens("input"), tokens("output"), tokens("cache_read"),
                "\(cost ?? PageNumbers.unknown)",
            ])
        }
        return table
    }

    private var toolTable: PageTable {
        var calls: [String: Calls] = [:]
        // What a client measures itself, and names in its own way, is told where its spans do not tell the same.
        var measured: [String: Calls] = [:]
        for line in self.report.series {
            switch line.series.name {
            case MetricName.toolDuration:
                if let tool = line.series["gen_ai.tool.name"] {
                    calls[tool, default: Calls()].add(line)
                } else {
                    measured[line.series["skill_name"] ?? "?", default: Calls()].add(line)
                }
            case MetricName.skillDuration: calls[line.series["skill.name"] ?? "?", default: Calls()].add(line)
            default: break
            }
        }
        calls.merge(measured) { known, _ in known }
        var table = PageTable(
            "Those that took most time",
            [
                .text("tool or skill"), .number("calls"), .number("errors"), .number("p50"),
                .number("p95"), .number("total"),
            ]
        )
        let sorted = calls.sorted {
            ($1.value.durations.nanoSum, $0.key) < ($0.value.durations.nanoSum, $1.key)
        }
        for (name, line) in sorted.prefix(Self.rowsShown) {
            let count = Double(line.durations.count)
            table.add([
                "\(name)", "\(PageNumbers.count(count))",
                "\(PageNumbers.percent(count > 0 ? Double(line.errors) / count : nil))",
                "\(Self.time(line.durations.quantile(0.5)))", "\(Self.time(line.durations.quantile(0.95)))",
                "\(Self.time(line.durations.sum))",
            ])
        }
        return table
    }

    /// What a counter or a distribution adds up to.
    private static func sum(_ line: SeriesLine) -> Double {
        line.points.reduce(0) { sum, point in
            switch point.value {
            case .counter(let nano): sum + Double(nano) / 1e9
            case .histogram(let histogram): sum + histogram.sum
            case .gauge, .distinct: sum
            }
        }
    }
}
