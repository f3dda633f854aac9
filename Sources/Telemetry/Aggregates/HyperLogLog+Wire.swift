extension HyperLogLog {
    /// Bytes of all registers, six bits each.
    private static let denseBytes = Self.registerCount / 4 * 3

    /// Appends the registers: a byte that is 0 or 1, then a list, or all of them.
    ///
    /// The list, where it is shorter: how many there are, then for each (distance from the one before, less one) << 6 | rank,
    /// as varints. All: four ranks in three bytes, the first lowest. Equal registers give equal bytes.
    package func encode(into writer: inout ByteWriter) {
        var list = ByteWriter()
        let listed = self.listed
        list.varint(UInt64(listed.count))
        var next: UInt32 = 0
        for entry in listed {
            list.varint(UInt64(entry >> 8 - next) << 6 | UInt64(entry & 0xff))
            next = entry >> 8 + 1
        }
        guard list.bytes.count >= Self.denseBytes else {
            writer.byte(0)
            writer.bytes(list.bytes.raw)
            return
        }
        writer.byte(1)
        var ranks = [UInt32](repeating: 0, count: Self.registerCount)
        for entry in listed { ranks[Int(entry >> 8)] = entry & 0xff }
        for first in stride(from: 0, to: Self.registerCount, by: 4) {
            let word = ranks[first] | ranks[first + 1] << 6 | ranks[first + 2] << 12 | ranks[first + 3] << 18
            for shift in UInt32(0)..<3 { writer.byte(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
        }
    }

    /// Reads what ``encode(into:)`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes end too early, or name a register or a rank that does not exist.
    package init(from reader: inout WireReader) throws(WireFailure) {
        let start = reader.offset
        switch try reader.byte() {
        case 0: self.init(listed: try Self.list(from: &reader))
        case 1: self.init(listed: try Self.all(from: &reader))
        default: throw .invalidTag(atByte: start)
        }
    }

    private static func list(from reader: inout WireReader) throws(WireFailure) -> [UInt32] {
        let start = reader.offset
        let count = try reader.varint()
        // An entry takes a byte at least, so memory is taken only for what is there.
        guard count <= UInt64(min(self.registerCount, reader.end - reader.offset)) else {
            throw .tooMany(atByte: start)
        }
        var list: [UInt32] = []
        list.reserveCapacity(Int(count))
        var next: UInt64 = 0
        for _ in 0..<count {
            let place = reader.offset
            let packed = try reader.varint()
            let (number, rank) = (next + packed >> 6, packed & 0x3f)
            guard number < UInt64(self.registerCount), (1...UInt64(self.rankMax)).contains(rank) else {
                throw .tooMany(atByte: place)
            }
            list.append(UInt32(truncatingIfNeeded: number << 8 | rank))
            next = number + 1
        }
        return list
    }

    private static func all(from reader: inout WireReader) throws(WireFailure) -> [UInt32] {
        let range = try reader.take(self.denseBytes)
        var list: [UInt32] = []
        list.reserveCapacity(self.registerCount)
        var number: UInt32 = 0
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: 3) {
            var word: UInt32 = 0
            for step in 0..<3 {
                word |= UInt32(reader.bytes.byte(at: offset + step)) << UInt32(8 * step)
            }
            for _ in 0..<4 {
                let rank = word & 0x3f
                guard rank <= UInt32(self.rankMax) else { throw .tooMany(atByte: offset) }
                if rank > 0 { list.append(number << 8 | rank) }
                word >>= 6
                number += 1
            }
        }
        return list
    }
}
