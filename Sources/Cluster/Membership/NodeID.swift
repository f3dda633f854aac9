/// The stable name of a collector in its cluster, as its certificate says it; placement hashes its bytes.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes of the longest name.
    package static let bytesMax = 63

    /// Lower-case letters, digits, hyphens and dots.
    package let text: String

    /// A name; nil where it is empty, too long, or has other characters.
    package init?(_ text: String) {
        guard (1...Self.bytesMax).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else {
            return nil
        }
        self.text = text
    }

    /// `node-` and a number: a name that is always one.
    package init(number: UInt) { self.text = "node-\(number)" }

    package var description: String { self.text }

    /// Orders as the bytes do.
    package static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x30...0x39, 0x2d, 0x2e: true
        default: false
        }
    }
}
