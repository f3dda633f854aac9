extension ExponentialHistogram {
    /// Appends the histogram: scale, counts outside buckets, sum (two words), minimum, maximum, both sides.
    package func encode(into writer: inout ByteWriter) {
        writer.zigzag(Int64(self.scale))
        writer.varint(self.zeroCount)
        writer.varint(self.notANumberCount)
        writer.fixed64(UInt64(truncatingIfNeeded: self.nanoSum))
        writer.zigzag(Int64(truncatingIfNeeded: self.nanoSum >> 64))
        writer.double(self.minimum)
        writer.double(self.maximum)
        for side in [self.positive, self.negative] {
            writer.zigzag(Int64(side.offset))
            writer.varint(UInt64(side.counts.count))
            for count in side.counts { writer.varint(count) }
        }
    }

    /// Reads what ``encode(into:)`` wrote; foreign values are brought to the canonical form.
    package init(from reader: inout WireReader) throws(WireFailure) {
        let start = reader.offset
        let scale = try reader.zigzag()
        guard (-10...20).contains(scale) else { throw .tooMany(atByte: start) }
        let zeroCount = try reader.varint()
        let notANumberCount = try reader.varint()
        let lowSum = try reader.fixed64()
        let highSum = try reader.zigzag()
        let minimum = try reader.double()
        let maximum = try reader.double()
        let positive = try Self.side(from: &reader)
        let negative = try Self.side(from: &reader)
        self.init(
            scale: Int(scale),
            positive: positive,
            negative: negative,
            zeroCount: zeroCount,
            nanoSum: Int128(highSum) << 64 | Int128(lowSum),
            minimum: minimum,
            maximum: maximum,
            notANumberCount: notANumberCount
        )
    }

    private static func side(from reader: inout WireReader) throws(WireFailure) -> HistogramBuckets {
        let start = reader.offset
        let offset = try reader.zigzag()
        let count = try reader.varint()
        guard (-2_000_000...2_000_000).contains(offset), count <= UInt64(self.bucketLimit) else {
            throw .tooMany(atByte: start)
        }
        var counts: [UInt64] = []
        counts.reserveCapacity(Int(count))
        for _ in 0..<count { counts.append(try reader.varint()) }
        return HistogramBuckets(offset: Int32(offset), counts: counts)
    }
}

extension ExponentialHistogram {
    /// How many values lie at or below a bound; exact where the bound is a bucket's boundary, as powers of two are
    /// at every scale ≥ 0, else the whole buckets below it.
    package func count(upTo bound: Double) -> UInt64 {
        var sum = self.negative.total
        if bound >= 0 { sum = sum.saturatingAdd(self.zeroCount) }
        guard bound > 0 else { return bound == 0 ? sum : 0 }
        for (position, count) in self.positive.counts.enumerated() {
            let index = self.positive.offset &+ Int32(truncatingIfNeeded: position)
            guard ExponentialIndex.lowerBoundary(of: index &+ 1, scale: self.scale) <= bound else { break }
            sum = sum.saturatingAdd(count)
        }
        return sum
    }
}
