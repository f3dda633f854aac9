/// What a set of chunks amounts to: how many there are, and the sum of the hashes of their names.
///
/// Sums wrap around. Two sets whose digests agree are the same but for a chance of 2⁻⁶⁴; digests of sets that have nothing
/// in common add up, and taking a part of a set out subtracts.
package struct ChunkDigest: Hashable, Sendable {
    /// How many chunks.
    package var count: UInt64
    /// The sum of ``ChunkID/hash64`` over them.
    package var sum: UInt64

    /// More than any node holds: what is decoded and says more is refused, so that sums of counts stay far from their limit.
    package static let countMax: UInt64 = 1 << 48

    /// That of no chunk.
    package static let none = ChunkDigest(count: 0, sum: 0)

    /// A digest that is known.
    package init(count: UInt64, sum: UInt64) {
        self.count = count
        self.sum = sum
    }

    /// That of one chunk.
    package init(_ id: ChunkID) { self.init(count: 1, sum: id.hash64) }

    /// Whether it is that of no chunk.
    package var isEmpty: Bool { self.count == 0 }

    /// Adds the chunks of another set.
    package static func += (left: inout Self, right: Self) {
        left.count &+= right.count
        left.sum &+= right.sum
    }

    /// Takes out the chunks of a part of the set.
    package static func -= (left: inout Self, right: Self) {
        left.count &-= right.count
        left.sum &-= right.sum
    }
}
