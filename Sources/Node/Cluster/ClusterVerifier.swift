internal import Cluster
internal import PeerTransport
internal import Telemetry

/// Asks all nodes what they hold, and compares it.
struct ClusterVerifier: Sendable {
    let collector: Collector
    let store: StoreRepair
    let now: @Sendable () -> ClusterTime

    /// An answer is waited for so long.
    var timeoutSeconds: Int64 = 20
    /// What is compared, and how, is as repair does it.
    static let options = Repair.Options()

    /// Compares everything from the highest floor on.
    ///
    /// - Parameter isYoungIncluded: Whether minutes are compared of which something may still be under way.
    /// - Returns: Who holds what, and where owners differ.
    func verify(isYoungIncluded: Bool) async -> Verification {
        let view = self.collector.view
        let placement = Placement(view.records, view.parameters)
        let members = view.records.filter { $0.status != .left }.map(\.node)
        let minute = UInt32(truncatingIfNeeded: self.now().minute)
        let end = isYoungIncluded ? minute + 1 : minute - min(minute, Self.options.settledMinutes)
        var minutes = UInt32(0)..<end
        var partitions: [NodeID: [PartitionDigest]] = [:]
        // A floor may rise between two rounds of questions, at the turn of a minute or an hour.
        for _ in 0..<3 {
            let answers = await self.ask(.partitions(.everything, minutes: minutes), of: members)
            partitions = [:]
            var floors: Set<UInt32> = []
            for (node, answer) in answers {
                guard case .partitions(let digests, let floor) = answer else { continue }
                partitions[node] = digests
                floors.insert(floor)
            }
            let starts = Set(floors.map { max($0, minutes.lowerBound) })
            minutes = min(starts.max() ?? 0, end)..<end
            if starts.count <= 1 { break }
        }
        let silent = members.filter { partitions[$0] == nil }
        let dead = silent.filter { view.record(of: $0)?.status == .dead }
        var verification = Verification(
            placement,
            minutes: minutes,
            partitions,
            missing: silent.filter { !dead.contains($0) },
            dead: dead
        )
        for start in stride(from: 0, to: verification.unequal.count, by: RepairQuestion.partitionsMax) {
            guard verification.differences.count < Verification.differencesMax else { break }
            let some = Array(verification.unequal[start...].prefix(RepairQuestion.partitionsMax))
            let minutesFrom = Self.options.minutesFrom(minute)
            let question = RepairQuestion.spans(some, minutes: minutes, minutesFrom: minutesFrom)
            let answers = await self.ask(question, of: partitions.keys.sorted())
            verification.add(
                answers.compactMapValues { answer in if case .spans(let spans) = answer { spans } else { nil }
                }
            )
        }
        for doubt in verification.doubts {
            let keepers = { placement.owners(of: Int($0)) } as (UInt16) -> [NodeID]
            verification.addUndelivered(
                await self.partitions(
                    doubt.partitions,
                    heldOnlyBy: doubt.node,
                    keepers: keepers,
                    minutes: minutes
                )
            )
        }
        return verification
    }

    /// Members that are expected to answer, this one among them.
    var present: [NodeID] { self.collector.view.records.filter { $0.status.isPresent }.map(\.node) }

    /// Asks nodes, all at once; those that cannot be reached are not in the answer.
    func ask(_ question: RepairQuestion, of nodes: [NodeID]) async -> [NodeID: RepairAnswer] {
        let local = self.collector.record.node
        let present = Set(self.present)
        return await withTaskGroup(of: (NodeID, RepairAnswer?).self) { group in
            for node in nodes where node == local || present.contains(node) {
                group.addTask {
                    if node == local { return (node, try? await self.store.answer(question)) }
                    let bytes = try? await self.collector.ask(
                        question.encoded,
                        of: node,
                        within: self.timeoutSeconds
                    )
                    return (node, bytes.flatMap { try? Self.decode($0) })
                }
            }
            var answers: [NodeID: RepairAnswer] = [:]
            for await (node, answer) in group { answers[node] = answer }
            return answers
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(WireFailure) -> RepairAnswer {
        try RepairAnswer(bytes.raw)
    }
}
