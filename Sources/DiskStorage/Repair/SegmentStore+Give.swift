internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore {
    /// A segment is rewritten at once where so large a part of it is given away; elsewhere the next merge leaves it out.
    private static let shareWorthRewriting = 0.1

    /// Counts buckets as gone, whose owners hold them, and removes them from the disk by and by.
    ///
    /// - Parameter spans: Minutes and hours of partitions that this node does not own, and what their owners hold of each. One
    ///   that is another by now stays; so does one to which something comes later.
    package func giveAway(_ spans: [BucketSpan: ChunkDigest]) async {
        // From here on whatever comes takes its bucket back.
        self.state.withLock { $0.offered.formUnion(spans.keys) }
        // What came before is in the index then.
        await self.writer.run {}
        await self.indexer.run {}
        let same = (try? await self.unchanged(spans)) ?? []
        self.state.withLock { state in
            state.givenAway.formUnion(same.filter { state.offered.contains($0) })
            state.offered.subtract(spans.keys)
        }
        _ = self.merger.enqueue { [self] in self.removeGiven() }
    }

    private func unchanged(_ spans: [BucketSpan: ChunkDigest]) async throws -> [BucketSpan] {
        let hours = spans.keys.filter(\.isHour)
        let minutesFrom = hours.map(\.minutes.upperBound).max() ?? 0
        let first = spans.keys.map(\.minutes.lowerBound).min() ?? 0
        let end = spans.keys.map(\.minutes.upperBound).max() ?? 0
        let digests = try await self.spanDigests(
            of: Set(spans.keys.map { Int($0.partition) }).sorted(),
            in: first..<end,
            minutesFrom: minutesFrom
        )
        return digests.filter { spans[$0.span] == $0.digest }.map(\.span)
    }

    /// Something comes: its bucket is not given away any more.
    ///
    /// Runs on the writer thread.
    func takeBack(_ frames: [OpenSegment.Pending]) {
        guard self.state.withLock({ !$0.givenAway.isEmpty || !$0.offered.isEmpty }) else { return }
        for pending in frames where !pending.frame.header.flags.contains(.journal) {
            for index in pending.frame.entries.indices {
                let name = pending.frame.chunkName(ofEntry: index)
                let span = BucketSpan(name.id.key, created: name.created)
                self.state.withLock { state in
                    for one in [span, span.wholeHour] {
                        state.givenAway.remove(one)
                        state.offered.remove(one)
                    }
                }
            }
        }
    }

    /// The cluster has changed: what is still here counts again.
    package func keepAll() {
        self.state.withLock { state in
            state.givenAway.removeAll()
            state.offered.removeAll()
        }
    }

    /// Frames that were made in what is given away may have lost chunks: memory is no proof any more.
    func doubt(_ given: Set<BucketSpan>) {
        guard let end = given.map(\.minutes.upperBound).max() else { return }
        let time = ClusterTime(nanoseconds: UInt64(end) * 60_000_000_000)
        self.known.withLock { $0.doubt(madeBefore: time) }
    }

    /// Rewrites the segments that hold much of what is given away; runs on the merge thread.
    private func removeGiven() {
        let (sealed, given) = self.state.withLock { ($0.sealed, $0.givenAway) }
        for segment in sealed where !self.state.withLock({ $0.isEnding }) {
            guard let buckets = self.reading(segment, { try segment.readBuckets() }) else { continue }
            var (all, gone) = (UInt64(0), UInt64(0))
            for partition in 0..<Key.partitionCount {
                buckets.table.forEach(of: partition, in: 0..<UInt32.max) { span, digest in
                    all += digest.count
                    if given.contains(span) || given.contains(span.wholeHour) { gone += digest.count }
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
    }
}
