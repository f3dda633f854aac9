internal import Foundation
internal import GRDB
internal import Telemetry

/// One frame of a sealed segment, as its index lists it.
struct FrameLine: Sendable {
    var offset: Int
    var signal: Signal
    var flags: FrameHeader.Flags
    var created: ClusterTime
    /// Creation time of its oldest chunk; earlier than `created` only in merged frames.
    var oldest: ClusterTime
    var itemCount: Int
    var chunkCount: Int
    var id: FrameID

    /// Reads a row of the columns in the order of the table; nil where a value is missing or of another type.
    init?(_ row: Row) {
        guard let offset = Int.fromDatabaseValue(row[0]), offset >= 0,
            let signal = UInt8.fromDatabaseValue(row[1]).flatMap({ Signal(rawValue: $0) }),
            let flags = UInt8.fromDatabaseValue(row[2]),
            let created = Int64.fromDatabaseValue(row[3]),
            let oldest = Int64.fromDatabaseValue(row[4]),
            let items = UInt32.fromDatabaseValue(row[5]),
            let chunks = UInt32.fromDatabaseValue(row[6]),
            let run = Data.fromDatabaseValue(row[7]).map({ Array($0) }),
            let sequence = Int64.fromDatabaseValue(row[8])
        else { return nil }
        var reader = WireReader(run.raw)
        guard let high = try? reader.fixed64(), let low = try? reader.fixed64() else { return nil }
        self.offset = offset
        self.signal = signal
        self.flags = FrameHeader.Flags(rawValue: flags)
        self.created = ClusterTime(nanoseconds: UInt64(bitPattern: created))
        self.oldest = ClusterTime(nanoseconds: UInt64(bitPattern: oldest))
        self.itemCount = Int(items)
        self.chunkCount = Int(chunks)
        self.id = FrameID(run: RunID(high: high, low: low), sequence: UInt64(bitPattern: sequence))
    }
}
