package import Telemetry

/// The bytes of questions and answers, version 1; they travel as questions about what is stored do.
///
/// A question: byte 0x82, byte version, byte kind; then 1 partitions: 16 fixed64 of bits, two varints of minutes ·
/// 2 spans: varint count, so many fixed16, three varints of minutes · 3 names: varint count, spans · 4 chunks: names · 5 purges: fixed64. An answer:
/// byte version, byte kind; then 1: varint floor, varint count, per partition fixed16 and digest · 2: varint count, per span the
/// span and its digest · 3: varint count, names each · 4: the frames · 5: as ``Tombstones/encoded``. A span: fixed16 partition, varint start, byte 1 for an hour. A
/// digest: varint count, at most 2⁴⁸, fixed64 sum. Names: varint count of runs, two fixed64 each, varint count of names; per name varint run,
/// varint sequence, two fixed64 of the key, varint milliseconds of creation, byte 1 and a digest where it stands for others, else byte 0.
extension RepairQuestion {
    /// The version that is written, and the only one that is read.
    package static let version: UInt8 = 1
    private static let mark: UInt8 = 0x82

    /// Whether a question between nodes is one of these, of any version.
    package static func isAsked(by question: [UInt8]) -> Bool { question.first == Self.mark }

    /// The question as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 160)
        writer.byte(Self.mark)
        writer.byte(Self.version)
        switch self {
        case .partitions(let partitions, let minutes):
            writer.byte(1)
            for word in partitions.words { writer.fixed64(word) }
            writer.minutes(minutes)
        case .spans(let partitions, let minutes, let minutesFrom):
            writer.byte(2)
            writer.varint(UInt64(partitions.count))
            for partition in partitions { writer.fixed16(partition) }
            writer.minutes(minutes)
            writer.varint(UInt64(minutesFrom))
        case .names(let spans):
            writer.byte(3)
            writer.varint(UInt64(spans.count))
            for span in spans { writer.span(span) }
        case .chunks(let names):
            writer.byte(4)
            writer.names(names)
        case .purges(let digest):
            writer.byte(5)
            writer.fixed64(digest)
        }
        return writer.bytes
    }

    /// Reads a question.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none: another version or kind, cut off, more than one, or more than
    ///   a question may hold.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard try reader.byte() == Self.mark, try reader.byte() == Self.version else {
            throw .invalidTag(atByte: 0)
        }
        switch try reader.byte() {
        case 1:
            var words: [UInt64] = []
            for _ in 0..<Key.partitionCount / 64 { words.append(try reader.fixed64()) }
            self = .partitions(PartitionSet(words: words), minutes: try reader.minutes())
        case 2:
            let count = try reader.count(atMost: Self.partitionsMax)
            var partitions: [UInt16] = []
            for _ in 0..<count { partitions.append(try reader.partition()) }
            self = .spans(
                partitions,
                minutes: try reader.minutes(),
                minutesFrom: try reader.minute()
            )
        case 3:
            let count = try reader.count(atMost: Self.spansMax)
            var spans: [BucketSpan] = []
            for _ in 0..<count { spans.append(try reader.span()) }
            self = .names(spans)
        case 4: self = .chunks(try reader.names(atMost: Self.chunksMax))
        case 5: self = .purges(digest: try reader.fixed64())
        default: throw .invalidTag(atByte: 2)
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }
}

extension RepairAnswer {
    /// The answer as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 1024)
        writer.byte(RepairQuestion.version)
        switch self {
        case .partitions(let digests, let floor):
            writer.byte(1)
            writer.varint(UInt64(floor))
            writer.varint(UInt64(digests.count))
            for one in digests {
                writer.fixed16(one.partition)
                writer.digest(one.digest)
            }
        case .spans(let digests):
            writer.byte(2)
            writer.varint(UInt64(digests.count))
            for one in digests {
                writer.span(one.span)
                writer.digest(one.digest)
            }
        case .names(let lists):
            writer.byte(3)
            writer.varint(UInt64(lists.count))
            for names in lists { writer.names(names) }
        case .chunks(let frames):
            writer.byte(4)
            writer.bytes(frames)
        case .purges(let purges):
            writer.byte(5)
            writer.bytes(purges.encoded)
        }
        return writer.bytes
    }

    /// Reads an answer.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        guard try reader.byte() == RepairQuestion.version else { throw .invalidTag(atByte: 0) }
        switch try reader.byte() {
        case 1:
            let floor = try reader.minute()
            let count = try reader.count(atMost: Key.partitionCount)
            var digests: [PartitionDigest] = []
            for _ in 0..<count {
                digests.append(
                    PartitionDigest(partition: try reader.partition(), digest: try reader.digest())
                )
            }
            self = .partitions(digests, floor: floor)
        case 2:
            // A span and its digest take thirteen bytes at least.
            let count = try reader.count(atMost: bytes.byteCount / 13)
            var digests: [SpanDigest] = []
            for _ in 0..<count {
                digests.append(SpanDigest(span: try reader.span(), digest: try reader.digest()))
            }
            self = .spans(digests)
        case 3:
            let count = try reader.count(atMost: RepairQuestion.spansMax)
            var lists: [[ChunkName]] = []
            for _ in 0..<count { lists.append(try reader.names(atMost: bytes.byteCount / 20)) }
            self = .names(lists)
        case 4:
            self = .chunks(bytes.array(reader.offset..<bytes.byteCount))
            return
        case 5:
            self = .purges(try Tombstones(bytes.extracting(reader.offset..<bytes.byteCount)))
            return
        default: throw .invalidTag(atByte: 1)
        }
        guard reader.isAtEnd else { throw .tooMany(atByte: reader.offset) }
    }
}

extension ByteWriter {
    fileprivate mutating func minutes(_ minutes: Range<UInt32>) {
        self.varint(UInt64(minutes.lowerBound))
        self.varint(UInt64(minutes.upperBound))
    }

    fileprivate mutating func span(_ span: BucketSpan) {
        self.fixed16(span.partition)
        self.varint(UInt64(span.start))
        self.byte(span.isHour ? 1 : 0)
    }

    fileprivate mutating func digest(_ digest: ChunkDigest) {
        self.varint(digest.count)
        self.fixed64(digest.sum)
    }

    fileprivate mutating func names(_ names: [ChunkName]) {
        var runs: [RunID] = []
        var numbers: [RunID: Int] = [:]
        for name in names where numbers[name.id.frame.run] == nil {
            numbers[name.id.frame.run] = runs.count
            runs.append(name.id.frame.run)
        }
        self.varint(UInt64(runs.count))
        for run in runs {
            self.fixed64(run.high)
            self.fixed64(run.low)
        }
        self.varint(UInt64(names.count))
        for name in names {
            self.varint(UInt64(numbers[name.id.frame.run] ?? 0))
            self.varint(name.id.frame.sequence)
            self.fixed64(name.id.key.high)
            self.fixed64(name.id.key.low)
            self.varint(name.created.nanoseconds / 1_000_000)
            self.byte(name.stands == nil ? 0 : 1)
            if let stands = name.stands { self.digest(stands) }
        }
    }
}

extension WireReader {
    fileprivate mutating func count(atMost limit: Int) throws(WireFailure) -> Int {
        let start = self.offset
        let count = try self.varint()
        guard count <= UInt64(limit) else { throw .tooMany(atByte: start) }
        return Int(count)
    }

    fileprivate mutating func minute() throws(WireFailure) -> UInt32 {
        let start = self.offset
        guard let minute = UInt32(exactly: try self.varint()) else { throw .tooMany(atByte: start) }
        return minute
    }

    fileprivate mutating func minutes() throws(WireFailure) -> Range<UInt32> {
        let start = self.offset
        let (first, end) = (try self.minute(), try self.minute())
        guard first <= end else { throw .invalidTag(atByte: start) }
        return first..<end
    }

    fileprivate mutating func partition() throws(WireFailure) -> UInt16 {
        let start = self.offset
        let partition = try self.fixed16()
        guard Int(partition) < Key.partitionCount else { throw .invalidTag(atByte: start) }
        return partition
    }

    fileprivate mutating func span() throws(WireFailure) -> BucketSpan {
        let place = self.offset
        let (partition, start, kind) = (try self.partition(), try self.minute(), try self.byte())
        guard kind == 0 || kind == 1 && start % BucketSpan.hour == 0 else { throw .invalidTag(atByte: place) }
        return BucketSpan(partition: partition, start: start, isHour: kind == 1)
    }

    fileprivate mutating func digest() throws(WireFailure) -> ChunkDigest {
        let start = self.offset
        let digest = ChunkDigest(count: try self.varint(), sum: try self.fixed64())
        guard digest.count <= ChunkDigest.countMax else { throw .tooMany(atByte: start) }
        return digest
    }

    fileprivate mutating func names(atMost limit: Int) throws(WireFailure) -> [ChunkName] {
        let start = self.offset
        let runCount = try self.count(atMost: limit)
        guard runCount * 16 <= self.end - self.offset else { throw .tooMany(atByte: start) }
        var runs: [RunID] = []
        for _ in 0..<runCount { runs.append(RunID(high: try self.fixed64(), low: try self.fixed64())) }
        let count = try self.count(atMost: limit)
        // A name takes twenty bytes at least.
        guard count * 20 <= self.end - self.offset else { throw .tooMany(atByte: start) }
        var names: [ChunkName] = []
        names.reserveCapacity(count)
        for _ in 0..<count {
            let run = try self.varint()
            guard run < UInt64(runs.count) else { throw .invalidTag(atByte: self.offset) }
            let frame = FrameID(run: runs[Int(run)], sequence: try self.varint())
            let key = Key(high: try self.fixed64(), low: try self.fixed64())
            let (created, overflow) = try self.varint().multipliedReportingOverflow(by: 1_000_000)
            guard !overflow else { throw .tooMany(atByte: self.offset) }
            var name = ChunkName(
                id: ChunkID(frame: frame, key: key),
                created: ClusterTime(nanoseconds: created)
            )
            if try self.byte() == 1 { name.stands = try self.digest() }
            names.append(name)
        }
        return names
    }
}
