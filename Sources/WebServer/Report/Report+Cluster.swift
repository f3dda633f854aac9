internal import Cluster
internal import OTLP
internal import Telemetry

extension JSONWriter {
    /// One host of a report.
    mutating func reportHost(_ host: ReportHost) {
        self.object { body in
            body.member("host_id", host.id)
            body.key("node")
            body.optional(host.node)
            body.key("figures")
            body.host(host.figures)
        }
    }

    /// The cluster whole: its summary, its members, the agents that they know.
    mutating func reportCluster(_ picture: ClusterPicture, now: ClusterTime) {
        self.object { body in
            body.member("cluster", picture.cluster)
            body.member("node", picture.node.text)
            body.key("parameters")
            body.parameters(picture.parameters)
            body.key("partitions")
            body.coverage(picture.coverage)
            body.key("owed_frames")
            body.integer(picture.owedFrames)
            body.key("foreign_chunks")
            body.integer(picture.foreignChunks)
            body.key("members")
            body.array(of: picture.members) { $0.clusterMember($1) }
            body.key("agents")
            body.array(of: picture.agents) { $0.agent($1.figures, nodes: $1.nodes, now: now) }
        }
    }

    /// An operation with its percentiles, and the trace that shows it.
    mutating func slowOperation(_ slow: SlowOperation) {
        let durations = slow.operation.durations
        self.object { body in
            body.member("service", slow.operation.service)
            body.member("operation", slow.operation.name)
            body.member("kind", slow.operation.kind)
            body.key("count")
            body.integer(durations.count)
            for (name, share) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
                body.key(name)
                body.optional(durations.quantile(share).map { $0 * 1000 })
            }
            body.key("max_ms")
            body.optional(durations.count == 0 ? nil : durations.maximum * 1000)
            body.key("example")
            guard let example = slow.example else { return body.null() }
            body.object { line in
                line.member("trace_id", example.trace.hex)
                line.member("duration_ms", Double(example.duration) / 1e6)
            }
        }
    }

    /// Steps over the range; null in a list stands for what is not known.
    mutating func timeline(_ timeline: Timeline) {
        self.object { body in
            body.key("start")
            body.timestamp(unixNanoseconds: timeline.start)
            body.member("step_seconds", Double(timeline.step) / 1e9)
            body.key("calls_per_second")
            body.array(of: timeline.calls) { $0.double($1) }
            body.key("errors_per_second")
            body.array(of: timeline.errors) { $0.double($1) }
            body.key("hosts")
            body.array(of: timeline.hosts) { list, host in
                list.object { line in
                    line.member("host_id", host.id)
                    line.member("name", host.name)
                    for (name, values) in [
                        ("cpu", host.cpu), ("memory", host.memory), ("pressure", host.pressure),
                        ("disk", host.disk),
                    ] {
                        line.key(name)
                        line.array(of: values) { $0.optional($1) }
                    }
                }
            }
        }
    }
}
