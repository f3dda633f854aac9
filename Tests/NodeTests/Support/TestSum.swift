import Telemetry

/// A request with one point of a cumulative sum, as OTLP has it.
struct TestSum {
    var total: Int64
    /// Nanoseconds since the Unix epoch.
    var start: UInt64
    var time: UInt64

    var request: [UInt8] {
        // NumberDataPoint: 2 start, 3 time, 6 integer.
        let point =
            Self.fixed(2, self.start) + Self.fixed(3, self.time)
            + Self.fixed(6, UInt64(bitPattern: self.total))
        // Sum: 1 points, 2 cumulative, 3 monotonic.
        let sum = Self.message(1, point) + [0x10, 2, 0x18, 1]
        let metric = Self.message(1, Array("tested.sum".utf8)) + Self.message(7, sum)
        return Self.message(1, Self.message(2, Self.message(2, metric)))
    }

    private static func message(_ field: UInt8, _ body: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(field << 3 | 2)
        writer.varint(UInt64(body.count))
        return writer.bytes + body
    }

    private static func fixed(_ field: UInt8, _ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(field << 3 | 1)
        writer.fixed64(value)
        return writer.bytes
    }
}
