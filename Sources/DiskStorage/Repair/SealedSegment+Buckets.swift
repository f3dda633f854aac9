internal import Storage
internal import Synchronization
internal import Telemetry

extension SealedSegment {
    /// What a segment holds, bucket by bucket, and where.
    struct Buckets: Sendable {
        var table: BucketTable
        /// Partitions of the first and the last chunk of each frame.
        var partitions: [ClosedRange<Int>]
    }

    /// What it holds, bucket by bucket; from its index, or from its frames where an earlier program wrote that.
    func readBuckets() throws -> Buckets {
        try self.buckets.withLock { known in
            if let known { return known }
            var read: Buckets
            if let (table, partitions) = try SearchDatabase.buckets(self.database),
                partitions.count == self.frames.count
            {
                read = Buckets(table: table, partitions: partitions)
            } else {
                read = try self.surveyFrames()
            }
            known = read
            return read
        }
    }

    /// Counts again what of its frames can be read now; the others count no more.
    func resurvey() throws {
        let read = try self.surveyFrames()
        self.buckets.withLock { $0 = read }
    }

    private func surveyFrames() throws -> Buckets {
        var builder = BucketTable.Builder()
        var partitions: [ClosedRange<Int>] = []
        for line in self.frames {
            let frame = try? self.readFrame(line)
            let held = frame?.entries.map(\.key.partition) ?? []
            partitions.append((held.min() ?? 0)...(held.max() ?? 0))
            guard let frame, !line.flags.contains(.journal) else { continue }
            for index in frame.entries.indices { builder.add(frame.chunkName(ofEntry: index)) }
        }
        return Buckets(table: builder.table(), partitions: partitions)
    }

    private func readFrame(_ line: FrameLine) throws -> Frame {
        let head = try self.file.read(at: line.offset, count: FrameHeader.byteCount)
        var reader = WireReader(head.raw)
        let header = try FrameHeader(from: &reader)
        let bytes = try self.file.read(at: line.offset, count: header.frameBytes)
        return try Frame(bytes.raw)
    }

    /// The frames that may hold chunks of some partitions whose frames were made in some minutes; journal frames aside.
    func frameLines(of partitions: Set<Int>, in minutes: Range<UInt32>) throws -> [FrameLine] {
        let buckets = try self.readBuckets()
        return zip(self.frames, buckets.partitions).filter { line, held in
            !line.flags.contains(.journal) && line.oldest.minute < UInt64(minutes.upperBound)
                && line.created.minute >= UInt64(minutes.lowerBound)
                && partitions.contains { held.contains($0) }
        }.map(\.0)
    }
}
