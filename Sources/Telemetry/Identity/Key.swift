/// What decides where a chunk lives: 16 bytes, made from a trace id, a service, a host, or a host's minute.
///
/// A trace's key is its id, so that it can be looked up by hand. The others are XXH3-128 of a tagged name, so
/// that kinds cannot collide by accident.
package struct Key: Hashable, Comparable, Sendable {
    /// How many partitions the key space has; a property of the format, not a setting.
    package static let partitionCount = 1024

    /// Bytes 0 to 7, big-endian.
    package var high: UInt64
    /// Bytes 8 to 15, big-endian.
    package var low: UInt64

    /// A key whose bytes are known.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The key of a trace.
    package init(_ trace: TraceID) { self.init(high: trace.high, low: trace.low) }

    /// The key under which the slots and points of a service live.
    package static func service(_ name: String) -> Key { .tagged("s", name, 0) }

    /// The key under which the slots of a host live.
    package static func host(_ id: String) -> Key { .tagged("h", id, 0) }

    /// The key of what a host said in one minute outside any trace; `minute` counts from the Unix epoch.
    package static func hostMinute(_ id: String, minute: UInt64) -> Key { .tagged("m", id, minute) }

    /// The partition that owns the key: the top 10 bits of XXH3-64 over its 16 big-endian bytes.
    package var partition: Int {
        Int(
            truncatingIfNeeded: ContentHash.hash64(self.high, self.low, seed: ContentHash.placementSeed) >> 54
        )
    }

    /// Orders as the bytes do.
    package static func < (left: Self, right: Self) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    private static func tagged(_ tag: String, _ name: String, _ number: UInt64) -> Key {
        var writer = ByteWriter()
        writer.bytes(Array(tag.utf8))
        writer.fixed64(number)
        writer.bytes(Array(name.utf8))
        let (high, low) = ContentHash.hash128(writer.bytes.raw)
        return Key(high: high, low: low)
    }
}
