internal import Telemetry

/// Rounds of repair: who holds what, what is to be done about it, and doing it.
extension Repair {
    private var isHot: Bool { self.hotRounds > 0 }

    // MARK: - Surveying

    mutating func beginRound(at now: Duration) -> [Effect] {
        let minute = UInt32(truncatingIfNeeded: self.clock.minute)
        let end = self.isHot ? minute + 1 : minute - min(minute, self.options.settledMinutes)
        self.hasBrought = false
        guard end > self.floor else {
            self.endRound(at: now)
            return []
        }
        var survey = Survey(minutes: self.floor..<end)
        var effects: [Effect] = []
        let question = RepairQuestion.partitions(.everything, minutes: survey.minutes)
        for node in self.peers where (self.offenders[node]?.until ?? .zero) <= now {
            let effect = self.ask(question, of: node, at: now)
            if case .ask(_, _, let number) = effect { survey.waiting[number] = node }
            let purges = self.ask(.purges(digest: self.purges), of: node, at: now)
            if case .ask(_, _, let number) = purges { survey.waitingPurges.insert(number) }
            effects += [effect, purges]
        }
        self.phase = .surveying(survey)
        return effects + self.goOn(at: now)
    }

    /// Goes on wherever the round stands, as far as nothing has to be waited for.
    mutating func goOn(at now: Duration) -> [Effect] {
        switch self.phase {
        case .idle: return []
        case .surveying(let survey): return self.goOn(survey, at: now)
        case .working:
            guard self.open.isEmpty, self.keeping == nil, self.pausedUntil <= now else { return [] }
            return self.work(at: now)
        }
    }

    private mutating func goOn(_ survey: Survey, at now: Duration) -> [Effect] {
        guard survey.waiting.isEmpty, survey.waitingOwn.isEmpty, survey.waitingPurges.isEmpty else {
            return []
        }
        var survey = survey
        let floors = Set(survey.floors.values).union([survey.minutes.lowerBound])
        let unknown = floors.filter { survey.own[$0] == nil && $0 < survey.minutes.upperBound }.sorted()
        guard unknown.isEmpty else {
            var effects: [Effect] = []
            for floor in unknown {
                let minutes = floor..<survey.minutes.upperBound
                let effect = self.ask(
                    .partitions(.everything, minutes: minutes),
                    of: self.local,
                    at: now
                )
                if case .ask(_, _, let number) = effect { survey.waitingOwn[number] = floor }
                effects.append(effect)
            }
            self.phase = .surveying(survey)
            return effects
        }
        self.plan(survey, at: now)
        self.phase = .working
        return self.goOn(at: now)
    }

    // MARK: - Planning

    /// Turns what the nodes hold into what is to be done, the partitions with the fewest holders first.
    private mutating func plan(_ survey: Survey, at now: Duration) {
        var unequal: [NodeID: PartitionSet] = [:]
        var pulls: [(holders: Int, node: NodeID, partition: UInt16)] = []
        var found = Findings()
        let nodes = survey.digests.keys.sorted()
        let mine = survey.own[survey.minutes.lowerBound] ?? [:]
        // Node after node, so that each list ascends.
        var holdersOf = [[NodeID]](repeating: [], count: Key.partitionCount)
        for node in nodes {
            for (partition, _) in survey.digests[node] ?? [:] { holdersOf[Int(partition)].append(node) }
        }
        for partition in 0..<Key.partitionCount {
            let number = UInt16(partition)
            let holders = holdersOf[partition]
            guard self.owns(partition) else {
                if mine[number] != nil { found.foreignPartitions += 1 }
                continue
            }
            if holders.isEmpty, mine[number] != nil { found.lonePartitions += 1 }
            var isUnequal = false
            for node in holders {
                let own = survey.floors[node].flatMap { survey.own[$0]?[number] }
                guard let theirs = survey.digests[node]?[number], theirs != own else { continue }
                isUnequal = true
                unequal[node, default: PartitionSet()].insert(partition)
                let isSure = own == nil || self.isHot || self.unequalBefore[node]?.contains(partition) == true
                guard isSure else { continue }
                pulls.append((holders.count + (own == nil ? 0 : 1), node, number))
            }
            if isUnequal { found.unequalPartitions += 1 }
        }
        let copies = min(self.placement.parameters.replication, self.placement.nodes.count)
        let isTroubled = found.unequalPartitions > 0 || copies > 1 && found.lonePartitions > 0
        found.troubledRounds = isTroubled ? self.findings.troubledRounds + 1 : 0
        self.unequalBefore = unequal
        self.findings = found
        pulls.sort { ($0.holders, $0.node, $0.partition) < ($1.holders, $1.node, $1.partition) }
        self.items = self.batches(pulls, survey) + self.gifts(mine, survey, at: now)
        // Taken from the end.
        self.items.reverse()
    }

    private func batches(
        _ pulls: [(holders: Int, node: NodeID, partition: UInt16)],
        _ survey: Survey
    ) -> [Item] {
        var items: [Item] = []
        var last: (holders: Int, node: NodeID)?
        for pull in pulls {
            let minutes =
                max(survey.floors[pull.node] ?? 0, survey.minutes.lowerBound)..<survey.minutes.upperBound
            if let former = last, former == (pull.holders, pull.node),
                case .pull(let node, let partitions, _)? = items.last,
                partitions.count < RepairQuestion.partitionsMax
            {
                items[items.count - 1] = .pull(node, partitions + [pull.partition], minutes: minutes)
            } else {
                items.append(.pull(pull.node, [pull.partition], minutes: minutes))
            }
            last = (pull.holders, pull.node)
        }
        return items
    }

    /// What this node holds of others' partitions, by their owners, where all of these can be asked.
    private func gifts(_ mine: [UInt16: ChunkDigest], _ survey: Survey, at now: Duration) -> [Item] {
        guard now - self.viewSince >= self.options.giveDelay else { return [] }
        let minute = UInt32(truncatingIfNeeded: self.clock.minute)
        let end = min(survey.minutes.upperBound, minute - min(minute, self.options.settledMinutes))
        var groups: [[NodeID]: [UInt16]] = [:]
        for partition in mine.keys.sorted() where !self.owns(Int(partition)) {
            let owners = self.placement.owners(of: Int(partition))
            let copies = min(self.placement.parameters.replication, self.placement.nodes.count)
            // Never fewer than it was acknowledged for.
            let wanted = max(copies, self.placement.parameters.confirmations)
            guard owners.count == wanted, owners.allSatisfy({ survey.digests[$0] != nil }) else { continue }
            groups[owners, default: []].append(partition)
        }
        var items: [Item] = []
        for (owners, partitions) in groups.sorted(by: { ($0.value.first ?? 0) < ($1.value.first ?? 0) }) {
            let floors = owners.map { survey.floors[$0] ?? 0 } + [survey.minutes.lowerBound]
            guard let floor = floors.max(), floor < end else { continue }
            for start in stride(from: 0, to: partitions.count, by: RepairQuestion.partitionsMax) {
                let some = Array(partitions[start...].prefix(RepairQuestion.partitionsMax))
                items.append(.give(owners, some, minutes: floor..<end))
            }
        }
        return items
    }

    // MARK: - Working

    /// The next question; none is under way.
    mutating func work(at now: Duration) -> [Effect] {
        // Each turn asks something or finishes something, so this ends.
        while true {
            if let effect = self.fetchMore(at: now) { return [effect] }
            if var comparison = self.comparison {
                if let question = comparison.next() {
                    self.comparison = comparison
                    return [
                        self.ask(question, of: comparison.node, at: now),
                        self.ask(question, of: self.local, at: now),
                    ]
                }
                self.comparison = nil
                continue
            }
            if var giving = self.giving {
                if giving.asked < giving.owners.count {
                    self.comparison = self.comparison(
                        giving.owners[giving.asked],
                        .give,
                        giving.partitions,
                        giving.minutes
                    )
                    giving.asked += 1
                    self.giving = giving
                    continue
                }
                self.giving = nil
                let given = giving.holders.filter { $0.value == giving.owners.count }.keys
                    .sorted { $0.span < $1.span }
                guard !given.isEmpty else { continue }
                self.counts.givenSpans += UInt64(given.count)
                return [.give(given)] + self.goOn(at: now)
            }
            guard let item = self.items.popLast() else {
                self.endRound(at: now)
                return []
            }
            self.begin(item, at: now)
        }
    }

    private mutating func begin(_ item: Item, at now: Duration) {
        switch item {
        case .pull(let node, let partitions, let minutes):
            guard self.peers.contains(node), (self.offenders[node]?.until ?? .zero) <= now else { return }
            self.comparison = self.comparison(node, .pull, partitions, minutes)
        case .give(let owners, let partitions, let minutes):
            self.giving = Giving(owners: owners, partitions: partitions, minutes: minutes)
        }
    }

    private func comparison(
        _ node: NodeID,
        _ purpose: Comparison.Purpose,
        _ partitions: [UInt16],
        _ minutes: Range<UInt32>
    ) -> Comparison {
        let minute = UInt32(truncatingIfNeeded: self.clock.minute)
        return Comparison(
            node,
            purpose,
            partitions,
            minutes: minutes,
            minutesFrom: self.options.minutesFrom(minute)
        )
    }

    mutating func note(_ results: [Comparison.Result]) {
        for result in results {
            switch result {
            case .held(let held): self.giving?.holders[held, default: 0] += 1
            case .unsettled: self.counts.unsettledGroups += 1
            case .missing(let names):
                let young = self.clock.advanced(byNanoseconds: -Int64(self.options.youngest.nanoseconds))
                self.wanted += names.filter { $0.created <= young && $0.created.minute >= UInt64(self.floor) }
            }
        }
    }

    private mutating func fetchMore(at now: Duration) -> Effect? {
        guard let node = self.comparison?.node, self.wantedIndex < self.wanted.count else {
            self.wanted.removeAll(keepingCapacity: true)
            self.wantedIndex = 0
            return nil
        }
        self.fetching = Array(self.wanted[self.wantedIndex...].prefix(RepairQuestion.chunksMax))
        self.wantedIndex += self.fetching.count
        return self.ask(.chunks(self.fetching), of: node, at: now)
    }

    mutating func fetched(_ frames: [UInt8], from node: NodeID, at now: Duration) -> [Effect] {
        self.counts.fetchedBytes += UInt64(frames.count)
        guard !frames.isEmpty else {
            self.counts.goneChunks += UInt64(self.fetching.count)
            self.fetching = []
            return self.goOn(at: now)
        }
        let seconds = Double(frames.count) / Double(self.options.bytesPerSecond)
        self.pausedUntil = max(now, self.pausedUntil) + .seconds(seconds)
        let number = self.nextNumber()
        self.keeping = (number, node)
        return [.keep(frames, asked: self.fetching, number: number)]
    }

    mutating func endRound(at now: Duration) {
        self.counts.rounds += 1
        self.findings.at = now
        if self.hotRounds > 0 { self.hotRounds -= 1 }
        self.rest(at: now)
    }

    /// Waits for the time of the next round.
    mutating func rest(at now: Duration) {
        self.phase = .idle
        self.roundAt =
            now + (self.hasBrought || self.isHot ? self.options.hotInterval : self.options.interval)
    }
}

extension Duration {
    /// Whole nanoseconds.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
