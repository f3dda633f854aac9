internal import Cluster
internal import OTLP
internal import Telemetry

extension JSONWriter {
    /// The cluster on one page.
    mutating func clusterSummary(_ picture: ClusterPicture) {
        self.object { body in
            body.member("cluster", picture.cluster)
            body.member("node", picture.node.text)
            body.key("parameters")
            body.parameters(picture.parameters)
            body.key("members")
            body.object { counts in
                for status in MemberStatus.allCases {
                    counts.member("\(status)", picture.memberCount(status))
                }
            }
            body.key("partitions")
            body.coverage(picture.coverage)
            body.key("owed_frames")
            body.integer(picture.owedFrames)
            body.key("foreign_chunks")
            body.integer(picture.foreignChunks)
            body.member("missing_nodes", picture.missing)
        }
    }

    /// Members with their figures, and the agents that they know.
    mutating func clusterMembers(_ picture: ClusterPicture, now: ClusterTime) {
        self.object { body in
            body.member("cluster", picture.cluster)
            body.member("node", picture.node.text)
            body.key("members")
            body.array(of: picture.members) { $0.clusterMember($1) }
            body.key("agents")
            body.array(of: picture.agents) { $0.agent($1.figures, nodes: $1.nodes, now: now) }
            body.member("missing_nodes", picture.missing)
        }
    }

    mutating func parameters(_ parameters: PlacementParameters) {
        self.object { body in
            body.key("version")
            body.integer(parameters.version)
            body.member("partitions", Key.partitionCount)
            body.member("replication", parameters.replication)
            body.member("confirmations", parameters.confirmations)
        }
    }

    mutating func coverage(_ coverage: ClusterPicture.Coverage) {
        self.object { body in
            body.member("replicated", coverage.replicated)
            body.member("under_replicated", coverage.underReplicated)
            body.member("unavailable", coverage.unavailable)
        }
    }

    mutating func clusterMember(_ member: ClusterPicture.Member) {
        let record = member.record
        self.object { body in
            body.member("name", record.node.text)
            body.member("status", "\(record.status)")
            body.member("is_self", member.isSelf)
            body.key("epoch")
            body.integer(record.epoch)
            body.member("incarnation", Int(record.incarnation))
            body.member("address", record.address)
            body.member("api", record.api)
            body.member("zone", record.zone)
            body.member("partitions", member.partitions)
            body.member("first_partitions", member.firstPartitions)
            body.member("share", Double(member.partitions) / Double(Key.partitionCount))
            body.key("figures")
            if let figures = member.figures { body.nodeFigures(figures) } else { body.null() }
        }
    }

    mutating func agent(_ agent: AgentFigures, nodes: [String], now: ClusterTime) {
        self.object { body in
            body.member("name", agent.name.text)
            body.member("nodes", nodes)
            body.key("connections")
            body.integer(agent.connections)
            body.key("connected_since")
            if let since = agent.connectedSince {
                body.timestamp(unixNanoseconds: since.nanoseconds)
            } else {
                body.null()
            }
            body.key("last_heard")
            body.timestamp(unixNanoseconds: agent.lastHeard.nanoseconds)
            let silence = now.nanoseconds - min(agent.lastHeard.nanoseconds, now.nanoseconds)
            body.member("silent_seconds", Double(silence) / 1e9)
            for (name, count) in [("frames", agent.frames), ("items", agent.items), ("bytes", agent.bytes)] {
                body.key(name)
                body.integer(count)
            }
        }
    }

    /// Where a trace belongs and where it is.
    mutating func placement(_ placement: TracePlacement) {
        self.object { body in
            body.member("trace_id", placement.trace.hex)
            body.member("partition", placement.partition)
            body.member("replication", placement.replication)
            body.member("owners", placement.places.filter(\.isOwner).map(\.node.text))
            body.member("holders", placement.places.filter { ($0.chunks ?? 0) > 0 }.map(\.node.text))
            body.key("ranking")
            body.array(of: placement.places) { list, place in
                list.object { line in
                    line.member("node", place.node.text)
                    line.key("rank")
                    if let rank = place.rank { line.integer(rank) } else { line.null() }
                    line.member("status", "\(place.status)")
                    line.member("owner", place.isOwner)
                    line.member("answers", place.chunks != nil)
                    line.key("chunks")
                    if let chunks = place.chunks { line.integer(chunks) } else { line.null() }
                    line.member("foreign", place.isForeign)
                }
            }
            body.member("missing_nodes", placement.missing)
        }
    }
}

extension JSONWriter {
    /// What a node says of itself; sizes in bytes, times in seconds.
    mutating func nodeFigures(_ figures: NodeFigures) {
        self.object { body in
            body.member("run_id", figures.run.hex)
            body.member("version", figures.version)
            body.member("host_name", figures.hostName)
            body.member("host_id", figures.hostID)
            body.key("uptime_seconds")
            body.integer(figures.uptimeSeconds)
            body.key("resident_bytes")
            body.integer(figures.process.residentBytes)
            body.member("cpu_cores", figures.process.cpuCores)
            body.member("certificate_days_left", Double(figures.process.certificateSeconds) / 86_400)
            body.key("sickness")
            body.integer(figures.process.sickness)
            body.key("load")
            body.array(of: figures.load) { list, load in
                list.object { line in
                    line.member("signal", load.signal.name)
                    line.member("items_per_second", load.taken)
                    line.member("copies_per_second", load.copied)
                }
            }
            body.writes(figures.writes)
            body.store(figures.store)
            body.key("drops")
            body.array(of: Drop.all(in: figures.families)) { $0.drop($1) }
        }
    }

    private mutating func writes(_ writes: NodeFigures.Writes) {
        self.key("writes")
        self.object { body in
            for (name, count) in [
                ("frames_under_way", writes.framesUnderWay), ("bytes_under_way", writes.bytesUnderWay),
                ("owed_frames", writes.owedFrames),
                ("owed_partitions", UInt64(writes.owedPartitions.count)),
                ("foreign_chunks", writes.foreignChunks),
            ] {
                body.key(name)
                body.integer(count)
            }
        }
    }

    private mutating func store(_ store: NodeFigures.Store) {
        self.key("store")
        self.object { body in
            for (name, count) in [
                ("bytes", store.bytes), ("segments", store.segments), ("queued_bytes", store.queuedBytes),
                ("unindexed_frames", store.unindexedFrames), ("unsealed_logs", store.unsealedLogs),
            ] {
                body.key(name)
                body.integer(count)
            }
            body.member("unindexed_seconds", store.unindexedSeconds)
        }
    }

    mutating func drop(_ drop: Drop) { self.object { $0.dropMembers(drop) } }

    mutating func dropMembers(_ drop: Drop) {
        self.member("kind", drop.kind.rawValue)
        self.key("signal")
        self.optional(drop.signal)
        self.key("stage")
        self.optional(drop.stage)
        self.member("reason", drop.reason)
        self.member("count", drop.count)
    }
}
