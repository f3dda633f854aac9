import Cluster
import Telemetry
import WebServer

/// A cluster as a test wants it.
struct FakeCluster: ClusterStatus {
    let cluster = "c1u573r"
    var node = FakeCluster.name(1)
    var view: ClusterView
    var shownFigures: [NodeID: NodeFigures] = [:]
    var shownChunks: [NodeID: Int] = [:]

    func figures() async -> [NodeID: NodeFigures] { self.shownFigures }

    func place(replication: Int?, confirmations: Int?) async throws -> PlacementParameters? {
        self.view.parameters.changed(replication: replication, confirmations: confirmations)
    }

    func order(_ order: NodeOrder, of node: NodeID) async throws -> HandoverProgress {
        HandoverProgress(
            status: order == .drain ? .leaving : .alive,
            owedFrames: 0,
            lonePartitions: 0,
            heldPartitions: 7
        )
    }

    func forget(_ node: NodeID) {}

    func verify(isYoungIncluded: Bool) async -> Verification {
        Verification(
            Placement(self.view.records, self.view.parameters),
            minutes: 0..<(isYoungIncluded ? 2 : 1),
            [:],
            missing: []
        )
    }

    func chunks(of trace: TraceID) async -> [NodeID: Int] { self.shownChunks }

    /// Members of these statuses, numbered from 1; all but the last answer.
    init(_ statuses: [MemberStatus], replication: Int = 2) {
        let parameters = PlacementParameters(replication: replication, confirmations: 1)
        let records = statuses.enumerated().map { index, status in
            MemberRecord(
                node: Self.name(index + 1),
                epoch: UInt64(index) + 1,
                run: 7,
                incarnation: 3,
                status: status,
                address: "127.0.0.1:\(7940 + index)",
                api: "https://127.0.0.1:\(8900 + index)",
                zone: "z\(index)"
            )
        }
        self.view = ClusterView(records, parameters ?? .standard)
        for record in records.dropLast() {
            self.shownFigures[record.node] = Self.figures(of: record.node)
            self.shownChunks[record.node] = 0
        }
    }

    static func name(_ number: Int) -> NodeID { NodeID(number: UInt(number)) }

    /// A node that works, and dropped three spans.
    static func figures(of node: NodeID) -> NodeFigures {
        var agent = AgentFigures(NodeID(number: 100), lastHeard: TelemetryFixture.now)
        (agent.connections, agent.frames, agent.items, agent.bytes) = (1, 10, 1000, 5000)
        agent.connectedSince = ClusterTime(nanoseconds: TelemetryFixture.sent)
        return NodeFigures(
            run: RunID(high: 1, low: 2),
            version: "1.2.3",
            hostName: "\(node).example",
            hostID: "id-of-\(node)",
            uptimeSeconds: 100,
            process: NodeFigures.Process(
                residentBytes: 1 << 26,
                cpuCores: 0.5,
                certificateSeconds: 86_400 * 9
            ),
            load: [NodeFigures.Load(signal: .spans, taken: 100, copied: 50)],
            writes: NodeFigures.Writes(framesUnderWay: 1, bytesUnderWay: 2, owedFrames: 3, foreignChunks: 4),
            store: NodeFigures.Store(bytes: 1 << 30, segments: 4, unindexedFrames: 1, unindexedSeconds: 0.5),
            families: [
                MetricFamily(
                    "neoscope_items_dropped_total",
                    help: "Items.",
                    kind: .counter,
                    readings: [
                        MetricReading(
                            3,
                            labels: [
                                MetricLabel("signal", "spans"), MetricLabel("stage", "edge"),
                                MetricLabel("reason", "sampled"),
                            ]
                        ),
                        MetricReading(0, labels: [MetricLabel("reason", "write_failed")]),
                    ]
                ),
                MetricFamily(
                    "neoscope_peer_rejections_total",
                    help: "Peers.",
                    kind: .counter,
                    readings: [MetricReading(2, labels: [MetricLabel("reason", "certificate")])]
                ),
            ],
            agents: [agent]
        )
    }
}
