package import Telemetry

/// The file that finds a key's frames: sorted, flat, made to be mapped.
///
/// Layout, little-endian: 0 magic "NSKT" u32 · 4 version u16 · 6 zero u16 · 8 entry count u64 · 16 filter words u64 ·
/// 24 XXH3-64 of everything from byte 32 · 32 XXH3-64 of the search index file beside it · 40 filter · then per entry XXH3-64 of its key's 16 bytes, in
/// order · then per entry the place of its frame in the segment, in units of eight bytes, u32.
///
/// Only a hash is kept: the frame's own index has the whole key, and two keys of one segment with equal hashes cost
/// one frame opened in vain. Neither half of the key would do, for some senders leave one zero.
package enum KeyTable {
    /// The bytes "NSKT", little-endian.
    package static let magic: UInt32 = 0x544b_534e
    /// The version that is written, and the only one that is read.
    package static let version: UInt16 = 1
    /// Bytes before the filter.
    package static let headerBytes = 40

    /// Writes the table of a segment.
    ///
    /// - Parameters:
    ///   - entries: Keys and the places of their frames, multiples of eight below 32 GiB, in any order.
    ///   - searchChecksum: XXH3-64 of the search index file, which has no checksum of its own.
    /// - Returns: The file's bytes.
    package static func encode(_ entries: [(key: Key, frameOffset: Int)], searchChecksum: UInt64) -> [UInt8] {
        let sorted = entries.map { (word: self.word(of: $0.key), frameOffset: $0.frameOffset) }
            .sorted { ($0.word, $0.frameOffset) < ($1.word, $1.frameOffset) }
        var filter = KeyFilter(keyCount: sorted.count)
        for entry in entries { filter.insert(entry.key) }
        var body = ByteWriter(reserving: 8 + filter.bits.count * 8 + sorted.count * 12)
        body.fixed64(searchChecksum)
        for word in filter.bits { body.fixed64(word) }
        for entry in sorted { body.fixed64(entry.word) }
        for entry in sorted { body.fixed32(UInt32(truncatingIfNeeded: entry.frameOffset / 8)) }
        var writer = ByteWriter(reserving: self.headerBytes + body.bytes.count)
        writer.fixed32(self.magic)
        writer.fixed16(self.version)
        writer.fixed16(0)
        writer.fixed64(UInt64(sorted.count))
        writer.fixed64(UInt64(filter.bits.count))
        writer.fixed64(ContentHash.hash64(body.bytes.raw))
        writer.bytes(body.bytes)
        return writer.bytes
    }

    /// What stands for a key.
    package static func word(of key: Key) -> UInt64 { ContentHash.hash64(key.high, key.low) }

    /// What the first bytes of a table say, after the whole was checked.
    package struct Layout: Equatable, Sendable {
        /// Entries in the table.
        package var count: Int
        /// Words of 64 bits in the filter.
        package var filterWords: Int
        /// XXH3-64 of the search index file that belongs to this table.
        package var searchChecksum: UInt64

        /// Checks magic, version, sizes and checksum; nil for anything that is not a whole table.
        package init?(_ bytes: RawSpan) {
            var reader = WireReader(bytes)
            do throws(WireFailure) {
                guard try reader.fixed32() == KeyTable.magic, try reader.fixed16() == KeyTable.version else {
                    return nil
                }
                _ = try reader.fixed16()
                let count = try reader.fixed64()
                let words = try reader.fixed64()
                let checksum = try reader.fixed64()
                self.searchChecksum = try reader.fixed64()
                guard count < 1 << 40, words > 0, words < 1 << 40 else { return nil }
                self.count = Int(count)
                self.filterWords = Int(words)
                guard bytes.byteCount == KeyTable.headerBytes + self.filterWords * 8 + self.count * 12,
                    ContentHash.hash64(bytes.extracting(32..<bytes.byteCount)) == checksum
                else { return nil }
            } catch { return nil }
        }

        /// The filter, copied out of the table.
        package func filter(_ bytes: RawSpan) -> KeyFilter {
            KeyFilter(
                words: (0..<self.filterWords).map {
                    UInt64(
                        littleEndian: unsafe bytes.unsafeLoadUnaligned(
                            fromUncheckedByteOffset: KeyTable.headerBytes + $0 * 8,
                            as: UInt64.self
                        )
                    )
                }
            )
        }

        /// Places of the frames that may hold a key, ascending.
        package func frameOffsets(of key: Key, in bytes: RawSpan) -> [Int] {
            let wanted = KeyTable.word(of: key)
            let keys = KeyTable.headerBytes + self.filterWords * 8
            let places = keys + self.count * 8
            var low = 0
            var high = self.count
            while low < high {
                let middle = (low + high) / 2
                if self.word(bytes, keys + middle * 8) < wanted { low = middle + 1 } else { high = middle }
            }
            var result: [Int] = []
            while low < self.count, self.word(bytes, keys + low * 8) == wanted {
                let place = UInt32(
                    littleEndian: unsafe bytes.unsafeLoadUnaligned(
                        fromUncheckedByteOffset: places + low * 4,
                        as: UInt32.self
                    )
                )
                if result.last != Int(place) * 8 { result.append(Int(place) * 8) }
                low += 1
            }
            return result
        }

        private func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
            UInt64(
                littleEndian: unsafe bytes.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: offset,
                    as: UInt64.self
                )
            )
        }
    }
}
