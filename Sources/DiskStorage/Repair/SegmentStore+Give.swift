internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// A segment is rewritten at once where so large a part of it is given away; elsewhere the next merge leaves it out.
    private static let shareWorthRewriting = 0.1

    /// Counts buckets as gone, whose owners hold them, and removes them from the disk by and by.
    ///
    /// One that holds something else by now stays: what came since may be nowhere else. So does one to which something
    /// comes later on, before it is removed.
    ///
    /// - Parameter spans: Minutes and hours of partitions that this node does not own, and what was found to be with
    ///   their owners.
    package func giveAway(_ spans: [(span: BucketSpan, digest: ChunkDigest)]) {
        let takenBack = self.state.withLock { $0.takenBack }
        // Where frames are judged, so that none comes in between.
        self.writer.enqueue { [self] in
            // The cluster may have changed while this waited: what was another's may be this node's by now.
            guard self.state.withLock({ $0.takenBack }) == takenBack else { return }
            guard let held = try? self.digests(of: spans.map(\.span)) else { return }
            let same = spans.filter { held[$0.span] == $0.digest }.map(\.span)
            guard !same.isEmpty else { return }
            let isTold = self.state.withLock { state in
                guard state.takenBack == takenBack else { return false }
                state.givenAway.formUnion(same)
                return true
            }
            guard isTold else { return }
            _ = self.merger.enqueue { [self] in self.removeGiven() }
        }
    }

    /// The cluster has changed: what is still here counts again.
    package func keepAll() {
        self.state.withLock { state in
            state.givenAway.removeAll()
            state.takenBack += 1
        }
    }

    /// What is given away and gets a further chunk counts again, whole; runs on the writer thread.
    func takeBack(_ frame: Frame) {
        guard !self.state.withLock({ $0.givenAway.isEmpty }) else { return }
        var spans: Set<BucketSpan> = []
        for index in frame.entries.indices {
            let name = frame.chunkName(ofEntry: index)
            let span = BucketSpan(name.id.key, created: name.created)
            spans.formUnion([span, span.wholeHour])
        }
        self.state.withLock { state in
            guard !state.givenAway.isDisjoint(with: spans) else { return }
            state.givenAway.subtract(spans)
            state.takenBack += 1
        }
    }

    /// Frames that were made in what is given away may have lost chunks: memory is no proof any more.
    func doubt(_ given: Set<BucketSpan>) {
        guard let end = given.map(\.minutes.upperBound).max() else { return }
        let time = ClusterTime(nanoseconds: UInt64(end) * 60_000_000_000)
        self.known.withLock { $0.doubt(madeBefore: time) }
    }

    /// What counts of some minutes and hours; where minutes were put together, there is nothing to say of one.
    private func digests(of spans: [BucketSpan]) throws -> [BucketSpan: ChunkDigest] {
        let partitions = Set(spans.map { Int($0.partition) })
        var held: [BucketSpan: ChunkDigest] = [:]
        for (span, digest) in try self.surveyed(
            BucketSurvey(partitions, in: 0..<UInt32.max, minutesFrom: 0, leavingOut: self.givenAway)
        ).spanDigests {
            held[span, default: .none] += digest
            if !span.isHour { held[span.wholeHour, default: .none] += digest }
        }
        return held
    }

    /// Rewrites the segments that hold much of what is given away; runs on the merge thread.
    private func removeGiven() {
        let (sealed, given) = self.state.withLock { ($0.sealed, $0.givenAway) }
        for segment in sealed where !self.state.withLock({ $0.isEnding }) {
            guard let buckets = self.reading(segment, { try segment.readBuckets() }) else { continue }
            var (all, gone) = (UInt64(0), UInt64(0))
            for partition in 0..<Key.partitionCount {
                buckets.table.forEach(of: partition, in: 0..<UInt32.max) { span, digest in
                    all = all.saturatingAdd(digest.count)
                    guard given.contains(span) || given.contains(span.wholeHour) else { return }
                    gone = gone.saturatingAdd(digest.count)
                }
            }
            guard gone > 0, Double(gone) >= Double(all) * Self.shareWorthRewriting else { continue }
            var policy = SegmentMerger.Policy(now: self.now(), level: segment.facts.level)
            policy.rollup = self.options.rollup
            policy.tail = self.options.tail
            do { _ = try self.rewrite([segment], policy) } catch {
                self.logger.error("what was given away stays for now", metadata: ["reason": "\(error)"])
            }
        }
        self.forgetGiven()
    }

    /// Lets go of the names of what is given away and gone.
    func forgetGiven() {
        let given = self.givenAway
        guard !given.isEmpty else { return }
        let partitions = Set(given.map { Int($0.partition) })
        guard
            let held = try? self.surveyed(BucketSurvey(partitions, in: 0..<UInt32.max, minutesFrom: 0))
        else { return }
        var left: Set<BucketSpan> = []
        for (span, _) in held.spanDigests { left.formUnion([span, span.wholeHour]) }
        self.state.withLock { $0.givenAway.subtract(given.subtracting(left)) }
    }
}
