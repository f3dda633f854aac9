internal import Cluster
internal import OTLP
internal import Telemetry

extension JSONWriter {
    /// What all nodes hold, compared.
    mutating func verification(_ verification: Verification, answeredBy node: NodeID) {
        self.object { body in
            body.member("status", verification.status.rawValue)
            body.key("from")
            body.minute(verification.minutes.lowerBound)
            body.key("to")
            body.minute(verification.minutes.upperBound)
            body.key("chunks")
            body.integer(verification.chunks)
            body.member("partitions", Key.partitionCount)
            body.member("unequal_partitions", verification.unequal.count)
            body.member("undelivered_partitions", verification.undelivered.count)
            body.member("thin_partitions", verification.thinPartitions)
            body.key("differing")
            body.array(of: verification.differences) { list, difference in
                list.object { object in
                    object.member("partition", Int(difference.span.partition))
                    object.key("from")
                    object.minute(difference.span.minutes.lowerBound)
                    object.key("to")
                    object.minute(difference.span.minutes.upperBound)
                    object.key("owners")
                    object.array(of: difference.holdings) { owners, holding in
                        owners.object { owner in
                            owner.member("node", holding.node.text)
                            owner.key("chunks")
                            owner.integer(holding.digest.count)
                            owner.member("digest", Hex.text(holding.digest.sum))
                        }
                    }
                }
            }
            body.key("foreign")
            body.array(of: verification.foreign) { list, foreign in
                list.object { object in
                    object.member("node", foreign.node.text)
                    object.member("partitions", foreign.partitions)
                    object.key("chunks")
                    object.integer(foreign.chunks)
                }
            }
            body.member("missing_nodes", verification.missing.map(\.text))
            body.member("dead_nodes", verification.dead.map(\.text))
            body.member("answered_by", node.text)
        }
    }

    /// How far a node has come with handing over.
    mutating func handover(_ progress: HandoverProgress, of node: NodeID) {
        self.object { body in
            body.member("node", node.text)
            body.member("status", "\(progress.status)")
            body.key("owed_frames")
            body.integer(progress.owedFrames)
            body.key("lone_partitions")
            body.integer(progress.lonePartitions)
            body.key("held_partitions")
            body.integer(progress.heldPartitions)
            body.member("safe_to_stop", progress.isSafeToStop)
            body.member("empty", progress.isEmpty)
        }
    }

    private mutating func minute(_ minute: UInt32) {
        self.timestamp(unixNanoseconds: UInt64(minute) * 60_000_000_000)
    }
}
