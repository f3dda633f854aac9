internal import HostSensors
internal import OTLP
internal import Pipeline
internal import Storage
internal import Telemetry

extension Report {
    /// The report as JSON; every key is always there, null until something fills it.
    package var json: [UInt8] {
        var writer = JSONWriter(capacityBytes: 16 << 10)
        writer.beginObject()
        writer.key("from")
        writer.timestamp(unixNanoseconds: self.from)
        writer.key("to")
        writer.timestamp(unixNanoseconds: self.to)
        writer.key("node")
        if self.isOfThePast { writer.null() } else { writer.node(self.identity) }
        writer.key("host")
        if let host = self.host { writer.host(host) } else { writer.null() }
        writer.key("hosts")
        writer.array(of: self.hosts) { $0.reportHost($1) }
        writer.key("cluster")
        if let cluster = self.cluster { writer.reportCluster(cluster, now: self.made) } else { writer.null() }
        self.writeServices(&writer)
        writer.key("operations")
        writer.array(of: Array(self.operations.prefix(100))) { $0.operation($1, seconds: self.seconds) }
        writer.key("slowest_operations")
        writer.array(of: self.slowOperations) { $0.slowOperation($1) }
        writer.key("slowest_traces")
        writer.array(of: self.slowest) { $0.traceHit($1) }
        writer.key("recent_traces")
        writer.array(of: self.recent) { $0.traceHit($1) }
        self.writeAgents(&writer)
        writer.key("accounts")
        writer.families(self.accounts)
        writer.key("drops")
        writer.array(of: self.drops) { list, line in
            list.object { body in
                body.dropMembers(line.drop)
                body.member("nodes", line.nodes)
            }
        }
        writer.key("timeline")
        if let timeline = self.timeline { writer.timeline(timeline) } else { writer.null() }
        writer.key("trace")
        if let trace = self.exampleTrace { writer.value(encoded: trace) } else { writer.null() }
        self.writeMetrics(&writer)
        writer.key("profile")
        writer.null()
        writer.key("bottleneck")
        writer.null()
        writer.key("recommendations")
        writer.array { _ in }
        writer.key("health")
        writer.health(self.health, failing: self.failing, missing: self.missing)
        writer.key("missing_nodes")
        writer.array(of: self.missing) { $0.string($1) }
        writer.key("answered_by")
        writer.node(self.identity)
        writer.endObject()
        return writer.bytes
    }

    /// The range's length, a second at least.
    var seconds: Double { max(Double(self.to - min(self.from, self.to)) / 1e9, 1) }

    private func writeServices(_ writer: inout JSONWriter) {
        writer.key("services")
        writer.array(of: self.services) { list, service in
            list.object { line in
                line.member("service", service.name)
                line.durations(service.durations, errors: service.errorCount, seconds: self.seconds)
            }
        }
    }

    /// Models, tools and skills: what agents do.
    private func writeAgents(_ writer: inout JSONWriter) {
        let groups = [
            (
                "models",
                [
                    MetricName.modelDuration, MetricName.modelTokens, MetricName.modelCost,
                    MetricName.modelFirstChunk,
                ]
            ),
            ("tools", [MetricName.toolDuration]),
            ("skills", [MetricName.skillDuration]),
            ("agents", [MetricName.agentDuration]),
        ]
        for (key, names) in groups {
            writer.key(key)
            let lines = self.series.filter { names.contains($0.series.name) }
            writer.array(of: lines) { list, line in
                guard let value = line.points.first?.value else { return list.null() }
                list.object { body in
                    body.member("metric", line.series.name)
                    body.member("unit", line.series.unit)
                    body.key("labels")
                    body.object { labels in
                        for label in line.series.labels { labels.member(label.name, label.value) }
                    }
                    body.slotValue(value)
                }
            }
        }
    }

    /// The seed's shape of metrics: percent, bytes and milliseconds.
    private func writeMetrics(_ writer: inout JSONWriter) {
        let (durations, errors) = self.total
        let count = durations.count
        writer.key("metrics")
        writer.object { body in
            body.key("cpu_usage")
            body.optional(self.host?.cpuUtilization.map { $0 * 100 })
            body.key("memory_usage")
            body.optional(self.host?.memory.used.map { Double($0) })
            body.key("operation_duration")
            body.object { line in
                line.key("avg")
                line.optional(count == 0 ? nil : durations.sum / Double(count) * 1000)
                line.key("p95")
                line.optional(durations.quantile(0.95).map { $0 * 1000 })
                line.key("p99")
                line.optional(durations.quantile(0.99).map { $0 * 1000 })
            }
            body.key("operation_count")
            body.object { line in
                line.key("total")
                line.integer(count)
                line.key("success")
                line.integer(count - min(errors, count))
                line.key("error")
                line.integer(errors)
            }
        }
    }
}

extension JSONWriter {
    /// A number, or null.
    mutating func optional(_ value: Double?) {
        if let value { self.double(value) } else { self.null() }
    }

    mutating func optional(_ value: UInt64?) {
        if let value { self.integer(value) } else { self.null() }
    }

    mutating func optional(_ value: String?) {
        if let value { self.string(value) } else { self.null() }
    }

    mutating func node(_ identity: NodeIdentity) {
        self.object { body in
            body.member("host_name", identity.hostName)
            body.member("host_id", identity.hostID)
            body.member("version", identity.version)
            body.member("run_id", identity.run.hex)
            body.key("started")
            body.timestamp(unixNanoseconds: identity.started.nanoseconds)
        }
    }

    mutating func operation(_ operation: Report.Operation, seconds: Double) {
        self.object { body in
            body.member("service", operation.service)
            body.member("operation", operation.name)
            body.member("kind", operation.kind)
            body.durations(operation.durations, errors: operation.errorCount, seconds: seconds)
            body.member("estimated", operation.isEstimated)
        }
    }

    /// Rate, errors and durations, in milliseconds.
    mutating func durations(_ histogram: ExponentialHistogram, errors: UInt64, seconds: Double) {
        let count = histogram.count
        self.key("count")
        self.integer(count)
        self.member("rate_per_second", Double(count) / seconds)
        self.key("errors")
        self.integer(errors)
        self.member("error_ratio", count == 0 ? 0 : Double(errors) / Double(count))
        self.member("total_ms", histogram.sum * 1000)
        for (name, share) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
            self.key(name)
            self.optional(histogram.quantile(share).map { $0 * 1000 })
        }
        self.key("max_ms")
        self.optional(count == 0 ? nil : histogram.maximum * 1000)
    }

    mutating func slotValue(_ value: SlotValue) {
        switch value {
        case .counter(let nano):
            // Whole units apart from the rest: together they may have more digits than a double.
            let (units, rest) = nano.quotientAndRemainder(dividingBy: 1_000_000_000)
            self.member("sum", Double(units) + Double(rest) / 1e9)
        case .gauge(let gauge):
            self.member("last", gauge.last)
            self.member("min", gauge.minimum)
            self.member("max", gauge.maximum)
            self.member("mean", gauge.mean)
            self.key("count")
            self.integer(gauge.count)
        case .histogram(let histogram):
            self.key("count")
            self.integer(histogram.count)
            self.member("sum", histogram.sum)
            for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
                self.key(name)
                self.optional(histogram.quantile(share))
            }
            self.key("min")
            self.optional(histogram.count == 0 ? nil : histogram.minimum)
            self.key("max")
            self.optional(histogram.count == 0 ? nil : histogram.maximum)
        case .distinct(let distinct): self.member("distinct", distinct.estimate.rounded())
        }
    }

    mutating func traceHit(_ hit: TraceHit) {
        self.object { body in
            body.member("trace_id", hit.trace.hex)
            body.key("root_service")
            body.optional(hit.rootService)
            body.key("root_operation")
            body.optional(hit.rootName)
            body.key("start_time")
            body.timestamp(unixNanoseconds: hit.start)
            body.member("duration_ms", Double(hit.duration) / 1e6)
            body.member("spans", hit.spanCount)
            body.member("errors", hit.errorCount)
        }
    }

    /// Health; parts of the node that fail make it unhealthy and cap its score.
    mutating func health(_ health: SeedHealth, failing: [ComponentHealth], missing: [String]) {
        self.object { body in
            body.member("status", failing.isEmpty ? health.status.rawValue : "unhealthy")
            body.member("score", failing.isEmpty ? health.score : min(health.score, 49))
            body.key("details")
            body.object { details in
                details.key("errors")
                details.integer(health.errorCount)
                details.member("bottlenecks", health.bottleneckCount)
                details.member("formula", "100 - min(5*errors, 50) - 20 if bottlenecks > 5")
                details.key("failing")
                details.array(of: failing) { list, component in
                    list.string("\(component.name): \(component.detail)")
                }
            }
            body.member("missing_nodes", missing)
        }
    }

    mutating func families(_ families: [MetricFamily]) {
        self.array(of: families) { list, family in
            list.object { body in
                body.member("name", family.name)
                body.key("values")
                body.array(of: family.readings) { values, reading in
                    values.object { line in
                        for label in reading.labels { line.member(label.name, label.value) }
                        line.member("value", reading.value)
                    }
                }
            }
        }
    }
}
