import Telemetry

extension TraceID {
    /// The 16 bytes, most significant first.
    var octets: [UInt8] { SpanID(self.high).octets + SpanID(self.low).octets }

    /// Reads 16 bytes, most significant first; nil for another length or all zeros.
    init?(octets: [UInt8]) {
        guard octets.count == 16 else { return nil }
        let high = octets.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = octets.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(high: high, low: low)
        guard self.isValid else { return nil }
    }
}

extension SpanID {
    /// The 8 bytes, most significant first.
    var octets: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self.bits >> UInt64(56 - 8 * $0)) }
    }
}
