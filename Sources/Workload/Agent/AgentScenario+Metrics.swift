package import Telemetry

extension AgentScenario {
    /// Makes a request with the present values of all instruments, as a periodic reader exports them.
    ///
    /// Cumulative, from the first call of the scenario on, and in keeping with the traces: the count of
    /// `http.server.request.duration` is that of the SERVER spans made so far. Sums, gauges, explicit and
    /// exponential histograms; an item is a data point.
    ///
    /// - Parameter now: the time of all points.
    /// - Returns: a request grouped by service; its trace ids are those of exemplars.
    package mutating func metrics(at now: Timestamp) -> Batch {
        self.instruments.begin(at: now)
        let start = self.instruments.start ?? now
        let requests = self.requestPoints()
        var points = 0
        let exemplars = self.exemplars()
        let inferences = self.inferenceMetrics(with: exemplars)
        var seen: Set<TraceID> = []
        var traces: [TraceID] = []
        var writer = ProtobufWriter(reserving: 65_536)
        for service in self.fleet.services.indices {
            var metrics = self.processMetrics(of: service)
            if let served = requests[service] { metrics.append(served) }
            metrics += inferences[service] ?? []
            if service == TraceComposer.agent { metrics += self.agentMetrics() }
            for point in metrics.flatMap(\.points) {
                points += 1
                if let trace = point.exemplar?.trace, seen.insert(trace).inserted { traces.append(trace) }
            }
            writer.message(1, reserving: 3) { group in
                group.append(self.fleet.services[service].resourceField)
                group.message(2, reserving: 3) { scopeGroup in
                    scopeGroup.scope(.application)
                    for metric in metrics {
                        scopeGroup.metric(metric, from: start.nanoseconds, to: now.nanoseconds)
                    }
                }
            }
        }
        return Batch(signal: .points, bytes: writer.bytes, itemCount: points, traceIDs: traces)
    }

    private mutating func processMetrics(of service: Int) -> [MetricDraft] {
        let seconds = self.instruments.processorTime[service] ?? 0
        let bytes = Int64(self.random.logNormal(median: 180e6, spread: 0.1))
        return [
            MetricDraft(
                name: "process.cpu.time",
                unit: "s",
                shape: .sum(isMonotonic: true),
                points: [MetricDraft.Point([Attribute("cpu.mode", "user")], .number(seconds))]
            ),
            MetricDraft(
                name: "process.memory.usage",
                unit: "By",
                shape: .sum(isMonotonic: false),
                points: [MetricDraft.Point([], .integer(bytes))]
            ),
            MetricDraft(
                name: "process.cpu.utilization",
                unit: "1",
                shape: .gauge,
                points: [MetricDraft.Point([], .number(self.random.unit()))]
            ),
        ]
    }

    private func requestPoints() -> [Int: MetricDraft] {
        var metrics: [Int: MetricDraft] = [:]
        for (route, histogram) in self.instruments.requests.sorted(by: { $0.key < $1.key }) {
            let operation = self.fleet.services[route.service].operations[route.operation]
            let point = MetricDraft.Point(
                [
                    Attribute("http.request.method", operation.method),
                    Attribute("http.route", operation.route),
                    Attribute("http.response.status_code", route.failed ? 500 : 200),
                ],
                .exponential(histogram.subset(limit: 160))
            )
            metrics[
                route.service,
                default: MetricDraft(
                    name: "http.server.request.duration",
                    unit: "s",
                    shape: .exponentialHistogram,
                    points: []
                )
            ].points.append(point)
        }
        return metrics
    }

    private func inferenceMetrics(
        with exemplars: [ExemplarKey: MetricDraft.Exemplar]
    ) -> [Int: [MetricDraft]] {
        let duration = MetricDraft(
            name: "gen_ai.client.operation.duration",
            unit: "s",
            shape: .histogram,
            points: []
        )
        let usage = MetricDraft(
            name: "gen_ai.client.token.usage",
            unit: "{token}",
            shape: .histogram,
            points: []
        )
        var metrics: [Int: [MetricDraft]] = [:]
        for (caller, totals) in self.instruments.inferences.sorted(by: { $0.key < $1.key }) {
            let model = Model.all[caller.model]
            let common = [
                Attribute("gen_ai.operation.name", "chat"),
                Attribute("gen_ai.provider.name", model.provider),
                Attribute("gen_ai.request.model", model.name),
            ]
            let exemplar = exemplars[ExemplarKey(service: caller.service, name: "chat " + model.name)]
            metrics[caller.service, default: [duration, usage]][0].points.append(
                MetricDraft.Point(common, .histogram(totals.duration), exemplar: exemplar)
            )
            for (type, tokens) in [("input", totals.inputTokens), ("output", totals.outputTokens)] {
                metrics[caller.service, default: [duration, usage]][1].points.append(
                    MetricDraft.Point(common + [Attribute("gen_ai.token.type", type)], .histogram(tokens))
                )
            }
        }
        return metrics
    }

    private struct ExemplarKey: Hashable {
        var service: Int
        var name: String
    }

    /// The last inference of each service with each model in the last batch of spans, by the span's name.
    private func exemplars() -> [ExemplarKey: MetricDraft.Exemplar] {
        var exemplars: [ExemplarKey: MetricDraft.Exemplar] = [:]
        for span in self.recent where span.errorMessage == nil && span.name.hasPrefix("chat ") {
            exemplars[ExemplarKey(service: span.service, name: span.name)] = MetricDraft.Exemplar(
                trace: span.trace,
                span: span.span,
                time: span.end,
                value: Double(span.duration) / 1e9
            )
        }
        return exemplars
    }

    private mutating func agentMetrics() -> [MetricDraft] {
        var executions: [MetricDraft.Point] = []
        var durations: [MetricDraft.Point] = []
        for (index, skill) in self.instruments.skills.sorted(by: { $0.key < $1.key }) {
            let name = Attribute("skill_name", Vocabulary.word(Vocabulary.skills, index, separator: "_"))
            for (outcome, count) in [("success", skill.count - skill.failures), ("error", skill.failures)] {
                executions.append(MetricDraft.Point([name, Attribute("outcome", outcome)], .integer(count)))
            }
            durations.append(MetricDraft.Point([name], .histogram(skill.duration)))
        }
        let hits = MetricDraft.Point([], .number(60 + 40 * self.random.unit()))
        let sessions = MetricDraft.Point([], .integer(16))
        return [
            MetricDraft(name: "active_sessions", unit: "{session}", shape: .gauge, points: [sessions]),
            MetricDraft(name: "cache_hit_rate", unit: "%", shape: .gauge, points: [hits]),
            MetricDraft(
                name: "skill_execution_count",
                unit: "{execution}",
                shape: .sum(isMonotonic: true),
                points: executions
            ),
            MetricDraft(
                name: "gen_ai.execute_tool.duration",
                unit: "s",
                shape: .histogram,
                points: durations
            ),
        ]
    }
}
