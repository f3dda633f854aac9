/// Finds which of a fixed list of names some bytes spell, without making a string of them.
///
/// Kernel files name hundreds of numbers each second; hashing the bytes in place and comparing once costs
/// about 30 ns a name. The hash is FNV-1a and decides only where to look.
struct NameIndex: Sendable {
    private let ordinals: [UInt64: Int]
    private let names: [[UInt8]]

    /// Indexes names in the order given; a name's place in it is its ordinal.
    init(_ names: [String]) {
        var ordinals: [UInt64: Int] = [:]
        for (ordinal, name) in names.enumerated() {
            var hash = FNV()
            for byte in name.utf8 { hash.add(byte) }
            ordinals[hash.value] = ordinal
        }
        assert(ordinals.count == names.count, "two names share a hash, or one is listed twice")
        self.ordinals = ordinals
        self.names = names.map { Array($0.utf8) }
    }

    /// The ordinal of the name that `bytes` spell.
    func ordinal(of bytes: Span<UInt8>) -> Int? {
        var hash = FNV()
        hash.add(bytes)
        guard let ordinal = self.ordinals[hash.value] else { return nil }
        let name = self.names[ordinal]
        guard name.count == bytes.count, Self.matches(name, at: 0, bytes) else { return nil }
        return ordinal
    }

    /// The ordinal of the name `group_member`, whose two parts stand apart in the file.
    func ordinal(of member: Span<UInt8>, in group: Span<UInt8>) -> Int? {
        var hash = FNV()
        hash.add(group)
        hash.add(UInt8(ascii: "_"))
        hash.add(member)
        guard let ordinal = self.ordinals[hash.value] else { return nil }
        let name = self.names[ordinal]
        guard name.count == group.count &+ 1 &+ member.count, Self.matches(name, at: 0, group),
            name[group.count] == UInt8(ascii: "_"), Self.matches(name, at: group.count &+ 1, member)
        else { return nil }
        return ordinal
    }

    private static func matches(_ name: [UInt8], at start: Int, _ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where name[start &+ index] != bytes[index] { return false }
        return true
    }

    private struct FNV {
        private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

        mutating func add(_ byte: UInt8) {
            self.value = (self.value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }

        mutating func add(_ bytes: Span<UInt8>) {
            for index in bytes.indices { self.add(bytes[index]) }
        }
    }
}
