/// One aggregate value; merging is commutative and associative, and exact.
package enum SlotValue: Equatable, Sendable {
    /// A sum in billionths of the unit.
    case counter(nano: Int128)
    case gauge(GaugeValue)
    case histogram(ExponentialHistogram)
    /// How many different things there were; what is counted twice counts once.
    case distinct(HyperLogLog)

    /// The kind of series that has such values.
    package var kind: Series.Kind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        case .distinct: .distinct
        }
    }

    /// Adds another value of the same kind; one of another kind changes nothing.
    package mutating func merge(_ other: SlotValue) {
        switch (self, other) {
        case (.counter(let left), .counter(let right)):
            self = .counter(nano: left.saturatingAdd(right))
        case (.gauge(var left), .gauge(let right)):
            left.merge(right)
            self = .gauge(left)
        case (.histogram(var left), .histogram(let right)):
            // While `self` holds the buckets too, changing them would copy them.
            self = .counter(nano: 0)
            left.merge(right)
            self = .histogram(left)
        case (.distinct(var left), .distinct(let right)):
            self = .counter(nano: 0)
            left.merge(right)
            self = .distinct(left)
        default: break
        }
    }

    /// Appends the kind, then the value.
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .counter(let nano):
            writer.byte(Series.Kind.counter.rawValue)
            writer.nano(nano)
        case .gauge(let gauge):
            writer.byte(Series.Kind.gauge.rawValue)
            writer.double(gauge.minimum)
            writer.double(gauge.maximum)
            writer.nano(gauge.nanoSum)
            writer.varint(gauge.count)
            writer.varint(gauge.lastTime)
            writer.double(gauge.last)
        case .histogram(let histogram):
            writer.byte(Series.Kind.histogram.rawValue)
            histogram.encode(into: &writer)
        case .distinct(let distinct):
            writer.byte(Series.Kind.distinct.rawValue)
            distinct.encode(into: &writer)
        }
    }

    /// Reads what ``encode(into:)`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes end too early, or begin with a kind that does not exist.
    package init(from reader: inout WireReader) throws(WireFailure) {
        let start = reader.offset
        switch Series.Kind(rawValue: try reader.byte()) {
        case .counter: self = .counter(nano: try reader.nano())
        case .gauge:
            self = .gauge(
                GaugeValue(
                    minimum: try reader.double(),
                    maximum: try reader.double(),
                    nanoSum: try reader.nano(),
                    count: try reader.varint(),
                    lastTime: try reader.varint(),
                    last: try reader.double()
                )
            )
        case .histogram: self = .histogram(try ExponentialHistogram(from: &reader))
        case .distinct: self = .distinct(try HyperLogLog(from: &reader))
        case nil: throw .invalidTag(atByte: start)
        }
    }
}

extension ByteWriter {
    /// A 128-bit number: zigzag when it fits 64 bits, else both words.
    mutating func nano(_ value: Int128) {
        if let short = Int64(exactly: value) {
            self.byte(0)
            self.zigzag(short)
        } else {
            self.byte(1)
            self.fixed64(UInt64(truncatingIfNeeded: value))
            self.fixed64(UInt64(truncatingIfNeeded: value >> 64))
        }
    }
}

extension WireReader {
    /// What ``ByteWriter/nano(_:)`` wrote.
    mutating func nano() throws(WireFailure) -> Int128 {
        if try self.byte() == 0 { return Int128(try self.zigzag()) }
        let low = try self.fixed64()
        let high = try self.fixed64()
        return Int128(truncatingIfNeeded: UInt128(high) << 64 | UInt128(low))
    }
}
