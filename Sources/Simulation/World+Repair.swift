package import Cluster
internal import Telemetry

/// Repair of every node, as the product's `RepairLoop` and `StoreRepair` play it, over virtual disks.
extension World {
    /// A chunk on its way between two disks.
    static let chunkBytes = 16
    /// Chunks in one answer, so that what is asked for does not fit at once.
    private static let chunksMax = 128
    /// Names in one answer, unless one span has more.
    private static let namesMax = 64
    /// What is given away goes from the disk within so many milliseconds.
    private static let removalMax = 8000

    /// The product's times, shortened so that ten virtual minutes see many rounds: a round each 10 s (30 s), 2 s apart (3 s) after a
    /// change, minutes settle after one (two), copying begins 5 s or 10 s (10 s, 60 s) after a death, giving 10 s (30 s) after a change,
    /// answers are waited for 5 s (20 s), offenders left alone for 3 s (15 s), hours compared from 3 minutes on (120).
    package static var quickRepair: Repair.Options {
        var options = Repair.Options()
        options.interval = .seconds(10)
        options.hotInterval = .seconds(2)
        options.settledMinutes = 1
        options.minutesByOne = 3
        options.deathDelay = .seconds(5)
        options.deathDelayOfMany = .seconds(10)
        options.giveDelay = .seconds(10)
        options.answerTimeout = .seconds(5)
        options.offenceDelay = .seconds(3)
        options.bytesPerSecond = 32 << 10
        return options
    }

    // MARK: - The machine

    /// Passes an input to a node's repair and performs what it asks for.
    mutating func repair(_ index: Int, _ input: (inout Repair, Duration) -> [Repair.Effect]) {
        guard var machine = self.nodes[index].repair.take() else { return }
        var effects = input(&machine, self.now - self.nodes[index].started)
        self.sabotage.repair?(&machine, &effects)
        self.nodes[index].repair = machine
        for effect in effects { self.perform(effect, of: index) }
        guard let deadline = self.nodes[index].repair?.deadline else { return }
        let at = max(self.nodes[index].started + deadline, self.now + .milliseconds(5))
        if let known = self.nodes[index].scheduledRepairTick, known <= at, known > self.now { return }
        self.nodes[index].scheduledRepairTick = at
        self.queue.add(.repairTick(index), at: at)
    }

    mutating func repairTick(_ index: Int) {
        guard self.nodes[index].scheduledRepairTick == self.now else { return }
        self.nodes[index].scheduledRepairTick = nil
        guard !self.nodes[index].isPaused else { return }
        self.repairTimePassed(index)
    }

    mutating func repairTimePassed(_ index: Int) {
        let (clock, floor) = (self.clock(of: index), self.floor(of: index))
        let purges = self.nodes[index].disk.purged.digest
        self.repair(index) { repair, now in
            repair.tick(at: now, clock: clock, floor: floor, purges: purges)
        }
    }

    /// A node's picture of the members changed: its repair hears of it.
    mutating func repairViewChanged(_ index: Int, _ placement: Placement, _ peers: [NodeID]) {
        if let known = self.nodes[index].repair?.placement {
            if known != placement { self.nodes[index].givenAway = GivenSpans() }
        } else {
            self.nodes[index].repair = Repair(
                local: self.nodes[index].id,
                placement: placement,
                options: self.repairOptions
            )
        }
        self.repair(index) { repair, now in
            repair.viewChanged(placement, peers: peers, at: now)
            return []
        }
    }

    private mutating func perform(_ effect: Repair.Effect, of index: Int) {
        switch effect {
        case .ask(let question, let node, let number):
            self.checkAsked(question, by: index)
            guard node != self.nodes[index].id else {
                return self.answerLater(.repair(question), number, at: index, to: index)
            }
            guard let peer = self.numbers[node] else { return }
            self.ask(.repair(question), of: peer, from: index, for: .repair(number: number))
        case .keep(let bytes, _, let number):
            self.queue.add(
                .kept(bytes, number: number, at: index, boot: self.nodes[index].boots),
                at: self.now + self.diskDelay(of: index)
            )
        case .bury(let others): self.bury(others, at: index)
        case .give(let spans):
            self.note(UInt64(index) << 48 | 5 << 40 | UInt64(spans.count))
            let shelf = self.nodes[index].disk.shelf
            // What holds something else by now stays.
            let isBlind = self.sabotage.givesUnseen
            let same = spans.filter {
                isBlind || shelf.digest(of: Int($0.span.partition), in: $0.span.minutes) == $0.digest
            }
            for one in same { self.nodes[index].givenAway.insert(one.span) }
            self.log.givenSpanCount += same.count
            let later = Duration.milliseconds(self.network.below(Self.removalMax))
            self.queue.add(.removeGiven(index, boot: self.nodes[index].boots), at: self.now + later)
        }
    }

    // MARK: - The store

    /// What a node holds; as its store answers, garbage where it is to lie.
    mutating func answer(_ question: RepairQuestion, at index: Int) -> Told {
        if self.nodes[index].isLying, self.network.below(8) > 0 { return self.lie(about: question) }
        let (shelf, given) = (self.nodes[index].disk.shelf, self.nodes[index].givenAway)
        let floor = self.floor(of: index)
        switch question {
        case .partitions(let partitions, let minutes):
            var digests: [PartitionDigest] = []
            let held = shelf.digests(in: minutes.from(floor), leavingOut: given)
            for (partition, digest) in held.enumerated() where !digest.isEmpty {
                if partitions.contains(partition) {
                    digests.append(.init(partition: UInt16(partition), digest: digest))
                }
            }
            return .repair(.partitions(digests, floor: floor))
        case .spans(let partitions, let minutes, let minutesFrom):
            var spans: [SpanDigest] = []
            for partition in partitions.sorted() {
                shelf.forEach(of: Int(partition), in: minutes.from(floor), leavingOut: given) {
                    minute,
                    digest in
                    var span = BucketSpan(partition: partition, start: minute, isHour: false)
                    if minute < minutesFrom { span = span.wholeHour }
                    if let last = spans.indices.last, spans[last].span == span {
                        spans[last].digest += digest
                    } else {
                        spans.append(SpanDigest(span: span, digest: digest))
                    }
                }
            }
            return .repair(.spans(spans))
        case .purges(let digest):
            let known = self.nodes[index].disk.purged
            return .repair(.purges(known.digest == digest ? Tombstones() : known))
        case .names(let spans): return .repair(.names(self.names(of: spans, at: index)))
        case .chunks(let names):
            let found = names.filter {
                self.nodes[index].disk.canRead($0.id.frame) && self.book.name(of: $0.id.frame) == $0
            }
            var writer = ByteWriter(reserving: Self.chunksMax * Self.chunkBytes)
            for name in found.prefix(Self.chunksMax) {
                writer.fixed64(name.id.frame.run.low)
                writer.fixed64(name.id.frame.sequence)
            }
            return .repair(.chunks(writer.bytes))
        }
    }

    /// Names come from the frames themselves: what cannot be read has none.
    private func names(of spans: [BucketSpan], at index: Int) -> [[ChunkName]] {
        let (disk, given) = (self.nodes[index].disk, self.nodes[index].givenAway)
        var lists: [[ChunkName]] = []
        var count = 0
        for span in spans {
            var names: [ChunkName] = []
            for frame in disk.shelf.frames(of: Int(span.partition), in: span.minutes, leavingOut: given)
            where !disk.rotten.contains(frame) {
                names.append(self.book.name(of: frame))
            }
            if count > 0, count + names.count > Self.namesMax { break }
            count += names.count
            lists.append(names.sorted { ($0.created, $0.id) < ($1.created, $1.id) })
        }
        return lists
    }

    /// Bytes that are no answer, an answer to something else, digests of nothing, names of nobody.
    private mutating func lie(about question: RepairQuestion) -> Told {
        let number = UInt64(self.network.below(1 << 30))
        let digest = ChunkDigest(count: 1 + number % 9, sum: number)
        switch (self.network.below(4), question) {
        case (0, _): return .garbage
        case (1, _): return .repair(.chunks(Array(repeating: 7, count: Int(number % 40))))
        case (_, .purges): return .garbage
        case (_, .partitions):
            let all = (0..<Key.partitionCount).map { PartitionDigest(partition: UInt16($0), digest: digest) }
            return .repair(.partitions(all, floor: 0))
        case (_, .spans(let partitions, let minutes, _)):
            let minute = minutes.upperBound - min(minutes.upperBound, 2)
            return .repair(
                .spans(
                    partitions.map {
                        .init(span: .init(partition: $0, start: minute, isHour: false), digest: digest)
                    }
                )
            )
        case (_, .names(let spans)):
            let names = spans.map { span in
                let frame = FrameID(run: RunID(high: number, low: number), sequence: UInt64(span.start))
                let created = ClusterTime(nanoseconds: UInt64(span.start) * 60_000_000_000)
                return [
                    ChunkName(
                        id: .init(frame: frame, key: .init(high: number, low: number)),
                        created: created
                    )
                ]
            }
            return .repair(.names(names))
        case (_, .chunks): return .repair(.chunks(Array(repeating: 0xff, count: Self.chunkBytes * 3)))
        }
    }

    /// Fetched chunks reached the disk, or were refused.
    mutating func kept(_ bytes: [UInt8], number: UInt64, at index: Int, boot: UInt64) {
        guard self.nodes[index].membership != nil, self.nodes[index].boots == boot else { return }
        guard !self.nodes[index].isPaused else {
            return self.nodes[index].waiting.append(.kept(bytes, number: number, at: index, boot: boot))
        }
        let outcome: Repair.Kept
        if let frames = self.frames(in: bytes) {
            outcome = self.nodes[index].disk.isFull ? .refused : self.keep(frames, at: index)
        } else {
            outcome = .garbage
        }
        self.repair(index) { repair, now in repair.kept(number, outcome, at: now) }
    }

    /// Frames by their bytes; nil where these are none.
    private func frames(in bytes: [UInt8]) -> [FrameID]? {
        var reader = WireReader(bytes.raw)
        var frames: [FrameID] = []
        while !reader.isAtEnd {
            guard let run = try? reader.fixed64(), let sequence = try? reader.fixed64(),
                run < UInt64(self.runs.count)
            else { return nil }
            let id = FrameID(run: self.runs[Int(run)].id, sequence: sequence)
            guard self.book.contains(id) else { return nil }
            frames.append(id)
        }
        return frames
    }

    private mutating func keep(_ frames: [FrameID], at index: Int) -> Repair.Kept {
        let names = frames.map { self.book.name(of: $0) }
        self.checkBrought(names, to: index)
        var isNews = false
        for name in names {
            if self.store(name, at: index) {
                self.log.repairedCount += 1
                isNews = true
            }
            self.note(UInt64(index) << 48 ^ name.id.frame.sequence << 8 ^ 6)
        }
        return .safe(names, isNews: isNews)
    }

    /// Writes a frame to a node's disk; a bucket that was given away counts again with it.
    ///
    /// - Returns: False where it was there.
    @discardableResult mutating func store(_ name: ChunkName, at index: Int) -> Bool {
        if !self.nodes[index].givenAway.isEmpty, !self.sabotage.givesLateArrivals {
            let span = BucketSpan(name.id.key, created: name.created)
            self.nodes[index].givenAway.remove(span)
        }
        guard self.nodes[index].disk.keep(name) else { return false }
        self.count(name.id, at: index)
        return true
    }

    /// What is given away goes from the disk.
    mutating func removeGiven(_ index: Int, boot: UInt64) {
        let given = self.nodes[index].givenAway
        guard self.nodes[index].boots == boot, self.nodes[index].membership != nil, !given.isEmpty else {
            return
        }
        for frame in self.nodes[index].disk.shelf.frames {
            let name = self.book.name(of: frame)
            let span = BucketSpan(name.id.key, created: name.created)
            guard given.contains(Int(span.partition), span.start) else { continue }
            self.nodes[index].disk.drop(name)
            self.log.givenCount += 1
        }
        if !self.sabotage.givesLateArrivals { self.nodes[index].givenAway = GivenSpans() }
    }
}
