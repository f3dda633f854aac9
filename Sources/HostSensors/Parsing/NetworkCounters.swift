/// Protocol counters since boot of one network namespace.
package typealias NetworkCounters = KernelNumbers<NetworkField>

extension KernelNumbers<NetworkField> {
    /// Adds what `/proc/net/snmp` or `/proc/net/netstat` says.
    ///
    /// Both files come in pairs of lines, `Tcp: names…` and `Tcp: numbers…`. A pair whose groups differ is
    /// passed over.
    mutating func read(table text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var names = text.line()
            let group = names.text(until: UInt8(ascii: ":"))
            var ahead = text
            var numbers = ahead.line()
            guard !group.isEmpty, Self.same(group, numbers.text(until: UInt8(ascii: ":"))) else { continue }
            text = ahead
            while true {
                let name = names.word()
                guard !name.isEmpty else { break }
                // Some numbers are negative, as MaxConn; they are nil and still take their place.
                let value = numbers.number()
                guard let value, let ordinal = NetworkField.index.ordinal(of: name, in: group) else {
                    continue
                }
                self.set(ordinal, value)
            }
        }
    }

    /// Adds what `/proc/net/snmp6` says: one name and number a line, the group part of the name.
    mutating func read(list text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let name = line.word()
            var parts = TextCursor(name)
            _ = parts.text(until: UInt8(ascii: "6"))
            let member = parts.rest
            let group = name.extracting(0..<(name.count &- member.count))
            if let ordinal = NetworkField.index.ordinal(of: member, in: group), let value = line.number() {
                self.set(ordinal, value)
            }
        }
    }

    private static func same(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices where one[index] != other[index] { return false }
        return true
    }
}
