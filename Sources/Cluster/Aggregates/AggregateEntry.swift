package import Telemetry

/// The total of one series in one window, as one node knows it: a function of the set of slots that went into it.
///
/// The join of what two nodes know: more slots win, then the larger digest. Where as many slots have different digests, two
/// nodes have different slots; that shows as unsettled until somebody has more. Commutative, associative and idempotent.
package struct AggregateEntry: Equatable, Sendable {
    /// Whose total it is; entries of different series are never joined.
    package let series: Series
    /// How many slots went into it; at least one.
    package private(set) var slotCount: UInt64
    /// The sum of the hashes of these slots' names, modulo 2^64; see ``hash(of:at:)``.
    package private(set) var digest: UInt64
    /// Whether some of it was scaled up from what a client had sampled.
    package private(set) var isEstimated: Bool
    /// Whether as many other slots are known to somebody.
    package private(set) var isUnsettled: Bool
    /// The slots' values, merged.
    package private(set) var value: SlotValue

    /// A total that is known.
    package init(
        series: Series,
        slotCount: UInt64,
        digest: UInt64,
        isEstimated: Bool = false,
        isUnsettled: Bool = false,
        value: SlotValue
    ) {
        self.series = series
        self.slotCount = slotCount
        self.digest = digest
        self.isEstimated = isEstimated
        self.isUnsettled = isUnsettled
        self.value = value
    }

    /// The total of one slot.
    init(_ slot: Slot, hash: UInt64) {
        self.init(
            series: slot.series,
            slotCount: 1,
            digest: hash,
            isEstimated: slot.isEstimated,
            value: slot.value
        )
    }

    /// The hash of a slot's name: XXH3-64 of the chunk's hash and the slot's place in the chunk, from zero.
    package static func hash(of chunk: UInt64, at ordinal: Int) -> UInt64 {
        ContentHash.hash64(chunk, UInt64(ordinal))
    }

    /// Adds a slot that is not in it yet.
    mutating func add(_ slot: Slot, hash: UInt64) {
        self.slotCount = self.slotCount.saturatingAdd(1)
        self.digest &+= hash
        self.isEstimated = self.isEstimated || slot.isEstimated
        self.value.merge(slot.value)
    }

    /// Takes what another node knows, where that is better.
    ///
    /// - Returns: Whether anything is different now.
    @discardableResult
    package mutating func join(_ other: AggregateEntry) -> Bool {
        guard other.slotCount == self.slotCount else {
            guard other.slotCount > self.slotCount else { return false }
            self = other.sharing(self.series)
            return true
        }
        let before = (self.digest, self.isUnsettled, self.isEstimated)
        if other.digest == self.digest, other.value == self.value {
            self.isUnsettled = self.isUnsettled || other.isUnsettled
            self.isEstimated = self.isEstimated || other.isEstimated
            return before != (self.digest, self.isUnsettled, self.isEstimated)
        }
        let isEstimated = self.isEstimated || other.isEstimated
        let isBetter = self.isOutdone(by: other)
        if isBetter { self = other.sharing(self.series) }
        self.isUnsettled = true
        self.isEstimated = isEstimated
        return isBetter || before != (self.digest, self.isUnsettled, self.isEstimated)
    }

    /// The same with an equal series that is in memory already.
    func sharing(_ series: Series) -> AggregateEntry {
        AggregateEntry(
            series: series,
            slotCount: self.slotCount,
            digest: self.digest,
            isEstimated: self.isEstimated,
            isUnsettled: self.isUnsettled,
            value: self.value
        )
    }

    /// Bytes that it takes in memory, about: a function of what it says, so that all nodes have room for the same.
    var cost: Int { 512 + self.series.cost + self.value.cost }

    /// What tells this total from others of its series and window.
    var mark: AggregateMark {
        AggregateMark(
            slotCount: self.slotCount,
            digest: self.digest,
            isEstimated: self.isEstimated,
            isUnsettled: self.isUnsettled
        )
    }

    /// Of as many slots: the larger digest; where not even these differ, the value whose bytes come later.
    private func isOutdone(by other: AggregateEntry) -> Bool {
        guard self.digest == other.digest else { return self.digest < other.digest }
        return Self.bytes(self.value).lexicographicallyPrecedes(Self.bytes(other.value))
    }

    private static func bytes(_ value: SlotValue) -> [UInt8] {
        var writer = ByteWriter()
        value.encode(into: &writer)
        return writer.bytes
    }
}

/// What nodes compare of a total before they send it.
struct AggregateMark: Equatable, Sendable {
    var slotCount: UInt64
    var digest: UInt64
    var isEstimated: Bool
    var isUnsettled: Bool

    /// Bit 0 estimated, bit 1 unsettled.
    var flags: UInt8 { (self.isEstimated ? 1 : 0) | (self.isUnsettled ? 2 : 0) }

    /// What the digest of a window adds up.
    func hash(of series: UInt64) -> UInt64 {
        ContentHash.hash64(series, self.digest, seed: self.slotCount << 2 | UInt64(self.flags))
    }

    /// Whether joining this total could change one of that mark.
    func mayImprove(_ other: AggregateMark) -> Bool {
        guard self.slotCount == other.slotCount else { return self.slotCount > other.slotCount }
        return self != other
    }
}

extension AggregateEntry {
    /// Bytes of the longest series, and of the longest value; a histogram with all its buckets stays below.
    package static let partBytesMax = 8 << 10
    /// More slots than a window of a series ever has: what claims more is refused.
    package static let slotCountMax: UInt64 = 1 << 40

    /// Appends flags (1 estimated, 2 unsettled), varint slots, fixed64 digest, series, value.
    func encode(into writer: inout ByteWriter) {
        writer.byte(self.mark.flags)
        writer.varint(self.slotCount)
        writer.fixed64(self.digest)
        self.series.encode(into: &writer)
        self.value.encode(into: &writer)
    }

    /// Reads what ``encode(into:)`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes are no entry, or longer than one may be.
    init(from reader: inout WireReader) throws(WireFailure) {
        let start = reader.offset
        let flags = try reader.byte()
        let slotCount = try reader.varint()
        guard flags <= 3, (1...Self.slotCountMax).contains(slotCount) else {
            throw .invalidTag(atByte: start)
        }
        let digest = try reader.fixed64()
        let place = reader.offset
        let series = try Series(from: &reader)
        let middle = reader.offset
        let value = try SlotValue(from: &reader)
        guard middle - place <= Self.partBytesMax, reader.offset - middle <= Self.partBytesMax else {
            throw .tooMany(atByte: place)
        }
        self.init(
            series: series,
            slotCount: slotCount,
            digest: digest,
            isEstimated: flags & 1 != 0,
            isUnsettled: flags & 2 != 0,
            value: value
        )
    }
}

extension Series {
    fileprivate var cost: Int {
        let subject =
            switch self.subject {
            case .service(let name): name.utf8.count
            case .host(let id): id.utf8.count
            }
        return self.attributes.reduce(subject + self.name.utf8.count + self.unit.utf8.count) {
            $0 + 32 + $1.name.utf8.count + $1.value.utf8.count
        }
    }
}

extension SlotValue {
    fileprivate var cost: Int {
        switch self {
        case .counter, .gauge: 0
        case .histogram(let histogram):
            8 * (histogram.positive.counts.count + histogram.negative.counts.count)
        case .distinct(let sketch): sketch.memoryBytes
        }
    }
}
