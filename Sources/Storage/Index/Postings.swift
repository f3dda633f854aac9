internal import Telemetry

/// The ascending numbers of the chunks in which a term occurs, as differences in varints.
package struct Postings: Equatable, Sendable {
    /// The list as the index file has it.
    package private(set) var bytes: [UInt8] = []
    /// Chunks in the list.
    package private(set) var count = 0
    private var last: UInt32?

    /// An empty list.
    package init() {}

    /// Adds a chunk, whose number must not fall; the same one twice in a row counts once.
    package mutating func add(_ chunk: UInt32) {
        guard self.last != chunk else { return }
        var rest = chunk &- (self.last ?? 0)
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(truncatingIfNeeded: rest))
        self.last = chunk
        self.count += 1
    }

    /// The chunks in the list, ascending.
    package var chunks: [UInt32] { Self.chunks(self.bytes.raw) }

    /// The chunks a stored list names; a damaged list ends where it breaks.
    package static func chunks(_ bytes: RawSpan) -> [UInt32] {
        var reader = WireReader(bytes)
        var result: [UInt32] = []
        var last: UInt32 = 0
        while !reader.isAtEnd {
            guard let step = try? reader.varint() else { break }
            last &+= UInt32(truncatingIfNeeded: step)
            result.append(last)
        }
        return result
    }
}
