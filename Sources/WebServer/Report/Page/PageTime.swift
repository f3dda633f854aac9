internal import OTLP

/// Points in time as people read them.
enum PageTime {
    /// UTC to the second, as `2026-11-22 18:31:05`.
    static func text(_ nanoseconds: UInt64) -> String {
        var writer = JSONWriter(capacityBytes: 40)
        writer.timestamp(unixNanoseconds: nanoseconds)
        let digits = writer.bytes.dropFirst().prefix(19).map { $0 == UInt8(ascii: "T") ? 0x20 : $0 }
        return String(decoding: digits, as: UTF8.self)
    }
}
