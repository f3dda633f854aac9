import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

@Suite struct AgentMetricTests {
    private func metrics(in batch: Batch) throws -> [OTLPMetric] {
        try OTLPExportMetricsServiceRequest(serializedBytes: batch.bytes).resourceMetrics
            .flatMap { $0.scopeMetrics.flatMap(\.metrics) }
    }

    private func points(_ metric: OTLPMetric) -> Int {
        metric.gauge.dataPoints.count + metric.sum.dataPoints.count + metric.histogram.dataPoints.count
            + metric.exponentialHistogram.dataPoints.count
    }

    @Test func `the metrics count just what the traces show, from the first batch on`() throws {
        var options = AgentScenarioOptions()
        options.failuresPerMille = 50
        var scenario = try AgentScenario(options)
        var spans: [DecodedSpan] = []
        for round in 1...3 as ClosedRange<UInt64> {
            let time = Timestamp(nanoseconds: now.nanoseconds + round)
            spans += try DecodedSpan.all(in: scenario.spans(700, at: time))
            let metrics = try self.metrics(in: scenario.metrics(at: time))
            let served = metrics.filter { $0.name == "http.server.request.duration" }
                .flatMap(\.exponentialHistogram.dataPoints)
            #expect(served.reduce(0) { $0 + $1.count } == UInt64(spans.count { $0.span.kind == .server }))
            #expect(served.allSatisfy { $0.count == $0.zeroCount + $0.positive.bucketCounts.reduce(0, +) })
            #expect(served.allSatisfy { $0.startTimeUnixNano == now.nanoseconds + 1 })
            #expect(served.allSatisfy { $0.timeUnixNano == time.nanoseconds })
            let errors = served.filter { $0.attributes.contains { $0.value.intValue == 500 } }
            let failed = spans.count { $0.span.kind == .server && $0.isError }
            #expect(errors.reduce(0) { $0 + $1.count } == UInt64(failed) && failed > 0)
            let answers = spans.filter { $0.span.name.hasPrefix("chat ") && !$0.isError }
            let durations = metrics.filter { $0.name == "gen_ai.client.operation.duration" }
                .flatMap(\.histogram.dataPoints)
            #expect(durations.reduce(0) { $0 + $1.count } == UInt64(answers.count))
            let tokens = metrics.filter { $0.name == "gen_ai.client.token.usage" }
                .flatMap(\.histogram.dataPoints).reduce(0) { $0 + $1.sum }
            let used = answers.reduce(Int64(0)) { sum, span in
                sum + (span.attribute("gen_ai.usage.input_tokens")?.intValue ?? 0)
                    + (span.attribute("gen_ai.usage.output_tokens")?.intValue ?? 0)
            }
            #expect(tokens == Double(used))
            let skills = metrics.filter { $0.name == "skill_execution_count" }.flatMap(\.sum.dataPoints)
            let executed = spans.filter { $0.span.name.hasPrefix("skill.") }
            let failures = skills.filter { $0.attributes.contains { $0.value.stringValue == "error" } }
            #expect(skills.reduce(0) { $0 + $1.asInt } == Int64(executed.count))
            #expect(failures.reduce(0) { $0 + $1.asInt } == Int64(executed.count(where: \.isError)))
        }
    }

    @Test func `a request holds all shapes, and says how many points`() throws {
        var scenario = try AgentScenario(AgentScenarioOptions())
        _ = scenario.spans(1_000, at: now)
        let batch = scenario.metrics(at: now)
        let metrics = try self.metrics(in: batch)
        #expect(batch.signal == .points)
        #expect(metrics.reduce(0) { $0 + self.points($1) } == batch.itemCount)
        #expect(try scanned(batch).items.reduce(0) { $0 + Int($1.units) } == batch.itemCount)
        #expect(metrics.contains { if case .gauge? = $0.data { true } else { false } })
        #expect(metrics.contains { if case .histogram? = $0.data { true } else { false } })
        #expect(metrics.contains { if case .exponentialHistogram? = $0.data { true } else { false } })
        #expect(metrics.contains { $0.sum.isMonotonic })
        #expect(metrics.contains { $0.name == "process.memory.usage" && !$0.sum.isMonotonic })
        #expect(metrics.allSatisfy { !$0.sum.dataPoints.isEmpty || !$0.hasSum })
        for point in metrics.flatMap(\.histogram.dataPoints) {
            #expect(point.bucketCounts.count == point.explicitBounds.count + 1)
            #expect(point.bucketCounts.reduce(0, +) == point.count)
            #expect(point.min <= point.max && point.sum >= point.min)
        }
    }

    @Test func `exemplars name traces of the last batch`() throws {
        var scenario = try AgentScenario(AgentScenarioOptions())
        let spans = scenario.spans(1_000, at: now)
        let batch = scenario.metrics(at: now)
        let exemplars = try self.metrics(in: batch).flatMap(\.histogram.dataPoints).flatMap(\.exemplars)
        #expect(!exemplars.isEmpty)
        #expect(Set(exemplars.map { [UInt8]($0.traceID) }) == Set(batch.traceIDs.map(\.octets)))
        #expect(Set(batch.traceIDs).isSubset(of: spans.traceIDs))
    }

    @Test func `an idle fleet still tells of its processes`() throws {
        var scenario = try AgentScenario(AgentScenarioOptions())
        let metrics = try self.metrics(in: scenario.metrics(at: now))
        #expect(metrics.count { $0.name == "process.cpu.time" } == 8)
        #expect(!metrics.contains { self.points($0) == 0 })
    }
}

extension OTLPMetric {
    fileprivate var hasSum: Bool { if case .sum? = self.data { true } else { false } }
}
